//! The files that pages refer to. Names carry the first eight hex digits of the SHA-256 of their bytes, so they are cached for ever.

/// A file that is served below `{base}/assets/{name}`.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// File name with content hash: `prokura-1a2b3c4d.css`.
    pub name: &'static str,
    /// Media type for `Content-Type`.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
}

/// Every file there is.
pub static ALL: &[Asset] = &[STYLE, SCRIPT, FORM_POST, ICON];

/// How pages look.
pub(crate) const STYLE: Asset = Asset {
    name: "prokura-d439886f.css",
    content_type: "text/css; charset=utf-8",
    bytes: include_bytes!("../assets/prokura.css"),
};

/// Passkeys. Pages work without it.
pub(crate) const SCRIPT: Asset = Asset {
    name: "passkey-277c25a6.js",
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/passkey.js"),
};

/// Posts an answer to an app by itself.
pub(crate) const FORM_POST: Asset = Asset {
    name: "form_post-8d038fa4.js",
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/form_post.js"),
};

/// The sign in the tab.
pub(crate) const ICON: Asset = Asset {
    name: "favicon-02773448.svg",
    content_type: "image/svg+xml",
    bytes: include_bytes!("../assets/favicon.svg"),
};
