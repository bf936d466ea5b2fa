//! The plan `oidcc-backchannel-rp-initiated-logout-certification-test-plan` (OpenID Connect Back-Channel Logout 1.0).

use serde_json::json;

use super::{SIGNED_OUT, part, rp_logout::SignedIn, verified};
use crate::document_host::{DocumentHost, Says};

#[tokio::test]
async fn the_app_hears_by_the_back_channel_that_the_person_left() {
    let host = DocumentHost::new().await;
    let answer = b"HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    host.says("logout", Says::Bytes(answer.to_vec()));
    let members = json!({ "backchannel_logout_uri": host.id("logout"), "backchannel_logout_session_required": true });
    let mut signed_in = SignedIn::new(&members).await;
    let hint = signed_in.id_token.clone();
    let page = signed_in
        .logout(&[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", "s"),
        ])
        .await;
    assert_eq!(
        page.location(),
        Some(format!("{SIGNED_OUT}?state=s").as_str()),
        "{page:?}"
    );

    let app = &signed_in.world().app;
    let at = app.moment().unwrap();
    server::tell_apps_of_logouts(app, &at).await.unwrap();
    let posted = host.posted("logout");
    assert_eq!(posted.len(), 1, "one request: {posted:?}");
    let (head, body) = &posted[0];
    assert!(
        head.to_ascii_lowercase()
            .contains("content-type: application/x-www-form-urlencoded"),
        "s2.5: {head}"
    );
    let token = body.strip_prefix("logout_token=").unwrap(); // and no other parameter
    assert_eq!(token.split('.').count(), 3, "{body}");

    // s2.4: signed as the ID tokens are, of its own type, with the person and the session of the ID token, and never a nonce.
    assert_eq!(part(token, 0)["typ"], "logout+jwt");
    let claims = verified(signed_in.world(), token, "RS256").await;
    let now = signed_in.world().now();
    assert_eq!(claims["iss"], signed_in.world().issuer);
    assert_eq!(claims["aud"], signed_in.app.client.id);
    for same in ["sub", "sid"] {
        assert!(claims[same].is_string(), "{claims}");
        assert_eq!(claims[same], signed_in.claims[same], "{same}");
    }
    assert_eq!(
        claims["events"],
        json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
    );
    assert_eq!(claims.get("nonce"), None, "{claims}");
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22), "{claims}");
    assert!(
        claims["iat"].as_i64() <= Some(now) && claims["exp"].as_i64() > Some(now),
        "{claims}"
    );
    signed_in.is_over().await;

    // Told once.
    let app = &signed_in.world().app;
    let at = app.moment().unwrap();
    server::tell_apps_of_logouts(app, &at).await.unwrap();
    assert_eq!(host.posted("logout").len(), 1);
    signed_in.world().shows(&["oidcc-backchannel-rp-initiated-logout"]);
}
