//! A page as the list of its tags: enough HTML for pages whose templates we know, strict where ours must be strict (every value quoted).

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]
#![expect(clippy::string_slice, reason = "tests cut pages at tags, which are ASCII")]

/// One start or end tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// The text up to the next tag, decoded.
    pub(crate) text: String,
    /// Where it stands in the page.
    pub(crate) at: usize,
}

impl Tag {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name == attribute)
            .map(|(_, value)| value.as_str())
    }
}

/// Every tag of the page in order; end tags have a name with a slash.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|n| at + n) {
        let close = open + html[open..].find('>').expect("every tag ends");
        let inner = html[open + 1..close].trim_end_matches('/');
        let name: String = inner.chars().take_while(|c| !c.is_whitespace()).collect();
        let next = html[close..].find('<').map_or(html.len(), |n| close + n);
        tags.push(Tag {
            attributes: attributes(&inner[name.len()..]),
            name,
            text: decoded(&html[close + 1..next]),
            at: open,
        });
        at = close;
    }
    tags
}

/// The first tag with this id.
pub(crate) fn by_id(html: &str, id: &str) -> Tag {
    let mut found: Vec<Tag> = tags(html).into_iter().filter(|tag| tag.get("id") == Some(id)).collect();
    assert_eq!(found.len(), 1, "exactly one #{id}");
    found.remove(0)
}

/// The tags inside the form that starts at `form`.
pub(crate) fn inside<'a>(tags: &'a [Tag], form: &Tag) -> &'a [Tag] {
    let start = tags
        .iter()
        .position(|tag| tag == form)
        .expect("the form is on the page");
    let length = tags[start..]
        .iter()
        .position(|tag| tag.name == "/form")
        .expect("the form ends");
    &tags[start..start + length]
}

/// The hidden fields of the form, sorted by name.
pub(crate) fn hidden(tags: &[Tag], form: &Tag) -> Vec<(String, String)> {
    let mut fields: Vec<_> = inside(tags, form)
        .iter()
        .filter(|tag| tag.name == "input" && tag.get("type") == Some("hidden"))
        .map(|tag| {
            (
                tag.get("name").expect("a name").to_owned(),
                tag.get("value").expect("a value").to_owned(),
            )
        })
        .collect();
    fields.sort();
    fields
}

fn attributes(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start();
        let name: String = text.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        if name.is_empty() {
            return found;
        }
        text = &text[name.len()..];
        let mut value = String::new();
        if let Some(quoted) = text.strip_prefix("=\"") {
            let end = quoted.find('"').expect("the value is quoted");
            value = decoded(&quoted[..end]);
            text = &quoted[end + 1..];
        } else {
            assert!(!text.starts_with('='), "every value is quoted: {text}");
        }
        found.push((name, value));
    }
}

/// The character references that escaping makes.
pub(crate) fn decoded(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (reference, character)| {
        text.replace(reference, character)
    })
}
