//! A person's browser: cookies, pages, their forms. It reads the real pages and posts their own forms; there is no other way to say yes.

use std::collections::BTreeMap;

use crate::{
    tenant::Tenant,
    world::{Answer, World, form_body, leak},
};

/// A browser with its own cookies, at one tenant.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// The cookies it holds, by name.
    pub cookies: BTreeMap<String, String>,
    prefix: String,
    host: Option<String>,
    origin: String,
}

/// A page, or a redirect, as the browser got it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The answer.
    pub answer: Answer,
}

/// A form of a page: where it goes, and what it carries before anybody touches it (boxes are unticked).
#[derive(Clone, Debug)]
pub struct PageForm {
    /// Where it goes.
    pub action: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl Browser {
    /// A fresh browser at the default tenant.
    pub fn new(world: &World) -> Self {
        Self {
            origin: world.issuer.clone(),
            ..Self::default()
        }
    }

    /// A fresh browser at a tenant.
    pub fn at(tenant: &Tenant) -> Self {
        let origin = tenant.issuer.strip_suffix(&tenant.prefix).unwrap_or(&tenant.issuer);
        Self {
            prefix: tenant.prefix.clone(),
            host: tenant.host.clone(),
            origin: origin.to_owned(),
            ..Self::default()
        }
    }

    /// The `Cookie` header, if there is anything in it.
    pub fn cookie_header(&self) -> Option<String> {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Sends a request with its cookies and these headers, and keeps the cookies of the answer. A path that starts with the tenant's prefix stands as it is.
    pub async fn send(
        &mut self,
        world: &World,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<String>,
    ) -> Page {
        let mut all: Vec<(&str, String)> = vec![("accept", "text/html".to_owned())];
        all.extend(self.cookie_header().map(|cookies| ("cookie", cookies)));
        all.extend(self.host.iter().map(|host| ("host", host.clone())));
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        all.extend(headers.iter().map(|(name, value)| (leak(name) as &str, value.clone())));
        let full = if self.prefix.is_empty() || path.starts_with(&format!("{}/", self.prefix)) {
            path.to_owned()
        } else {
            format!("{}{path}", self.prefix)
        };
        let answer = world.send(method, &full, &all, body).await;
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = line.split_once('=').unwrap_or((line, ""));
            let value = rest.split(';').next().unwrap_or("");
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page { answer }
    }

    /// GET, following nothing.
    pub async fn get(&mut self, world: &World, path: &str) -> Page {
        self.send(world, "GET", path, &[], None).await
    }

    /// GET, following redirects as long as they stay here.
    pub async fn visit(&mut self, world: &World, path: &str) -> Page {
        let page = self.get(world, path).await;
        self.follow(world, page).await
    }

    /// Follows redirects as long as they stay here; one that leads away is handed back.
    ///
    /// # Panics
    /// When it goes round and round.
    #[expect(clippy::panic, reason = "a browser that goes round and round fails its test")]
    pub async fn follow(&mut self, world: &World, mut page: Page) -> Page {
        for _ in 0..8 {
            match page.here(&self.origin) {
                Some(path) => page = self.get(world, &path).await,
                None => return page,
            }
        }
        panic!("redirects without end: {page:?}");
    }

    /// Posts a form of a page with these fields changed or added, as a browser of today does it; follows nothing.
    pub async fn submit(&mut self, world: &World, page: &Page, form: &str, changes: &[(&str, &str)]) -> Page {
        let form = page.form(form);
        self.post(world, &form, changes).await
    }

    /// Posts a form with these fields changed or added; follows nothing.
    pub async fn post(&mut self, world: &World, form: &PageForm, changes: &[(&str, &str)]) -> Page {
        let mut fields: Vec<(&str, String)> = form
            .fields
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        fields.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let headers = [
            ("origin", self.origin.clone()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ];
        self.send(world, "POST", &form.action, &headers, Some(form_body(&fields)))
            .await
    }

    /// Signs in by password on the page that asks for it, and follows where that leads.
    pub async fn sign_in(&mut self, world: &World, page: &Page, login: &str, password: &str) -> Page {
        let page = self
            .submit(world, page, "sign-in", &[("login", login), ("password", password)])
            .await;
        self.follow(world, page).await
    }
}

impl Page {
    /// Where it redirects to, if it redirects.
    pub fn location(&self) -> Option<&str> {
        self.answer.header("location")
    }

    /// The path of a redirect that stays at this origin.
    fn here(&self, origin: &str) -> Option<String> {
        let location = self.location()?;
        if location.starts_with('/') {
            return Some(location.to_owned());
        }
        let rest = location.strip_prefix(origin)?;
        rest.starts_with('/').then(|| rest.to_owned())
    }

    /// A parameter of the URL that it redirects to.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.location()?).ok()?;
        url.query_pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A form by its id.
    ///
    /// # Panics
    /// When the page has none of that id.
    #[expect(clippy::panic, reason = "a page without the form that a test wants fails it")]
    pub fn form(&self, id: &str) -> PageForm {
        match self.find_form(&format!("id=\"{id}\"")) {
            Some(form) => form,
            None => panic!("no form {id} on the page: {} {}", self.answer.status, self.answer.text),
        }
    }

    /// The first form whose tag or content has this text.
    pub fn find_form(&self, mark: &str) -> Option<PageForm> {
        let text = &self.answer.text;
        let forms = text
            .split("<form")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next());
        let form = forms.into_iter().find(|form| form.contains(mark))?;
        let (tag, content) = form.split_once('>')?;
        let fields = content
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .filter(|input| !matches!(attribute(input, "type").as_deref(), Some("checkbox" | "submit")))
            .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))
            .collect();
        Some(PageForm {
            action: attribute(tag, "action")?,
            fields,
        })
    }

    /// The code of the problem that the page speaks of, if it is one.
    pub fn problem(&self) -> Option<String> {
        let rest = self.answer.text.split("data-problem=\"").nth(1)?;
        rest.split('"').next().map(str::to_owned)
    }

    /// Whether the page has a form of this id.
    pub fn has_form(&self, id: &str) -> bool {
        self.find_form(&format!("id=\"{id}\"")).is_some()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    rest.split('"').next().map(unescape)
}

/// The characters that pages escape.
fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}
