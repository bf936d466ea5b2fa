//! What a browser may do with a page of ours (CSP Level 3). No inline script or style anywhere, nothing from elsewhere, never in a frame (S-09).

/// `Content-Security-Policy` of the pages whose forms end at us: agents, account, problem, leave, signed out, home.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `Content-Security-Policy` of the pages whose forms can end in a redirect to an app: sign-in, recovery, consent and sign-out.
///
/// Chromium applies `form-action` to the redirects that follow a submission, so `'self'` would stop the answer on its way to the `redirect_uri`. The
/// directive is left out, and no page builds a form from text of others.
pub const CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
