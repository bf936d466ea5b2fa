"""A person with a browser, scripted: it fetches the real pages, keeps cookies and posts the pages' own forms. The server knows no other way to a yes."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

STEPS_MAX = 10


class Human:
    def __init__(self, prokura, login="alice@demo.test", user=None):
        self.origin = prokura.issuer
        self.user = user or next(user for user in prokura.ready["users"] if user["login"] == login)
        self.browser = requests.Session()
        self.shown = []  # the pages they acted on: ("sign-in", "") and ("consent", the scopes on it)

    def took(self):
        """The pages they acted on since the last time somebody asked."""
        taken, self.shown = self.shown, []
        return [page for page, _ in taken]

    def answer(self, url, decision="allow"):
        """Opens what an application asks to open, signs in and decides where a page asks for it; returns where the browser is sent."""
        where, page = self._go("GET", url)
        for _ in range(STEPS_MAX):
            if page is None:
                return where
            if "sign-in" in page.forms:
                where, page = self._sign_in(page)
            elif "consent" in page.forms:
                self.shown.append(("consent", sorted(value for name, value in page.forms["consent"].boxes if name == "without")))
                where, page = self._post(page.forms["consent"], decision=decision)
            else:
                raise AssertionError(f"the person is stuck at {page.problem}: {page.text}")
        raise AssertionError("pages without end")

    def typed(self, url, code, decision="allow"):
        """Opens the page that a device shows, types its code, and decides (RFC 8628 s3.3)."""
        _, page = self._go("GET", url)
        typed = False  # once: wrong codes are counted
        for _ in range(STEPS_MAX):
            if "sign-in" in page.forms:
                _, page = self._sign_in(page)
            elif (asks := page.form_with("user_code")) and not typed:
                self.shown.append(("code", ""))
                typed = True
                _, page = self._post(asks, user_code=code)
            elif asks := page.form_with("decision"):
                self.shown.append(("approval", ""))
                _, page = self._post(asks, decision=decision)
            elif self.shown[-1][0] == "approval" and not page.problem:
                return
            else:
                raise AssertionError(f"the person is stuck at {page.problem}: {page.text}")
        raise AssertionError("pages without end")

    def agents(self):
        """The client ids on the page of what acts for them."""
        return [form.fields["client"] for form in self._agents().all if form.css == "stop-agent"]

    def stop(self, client_id):
        """Presses "stop" beside a client on that page."""
        form = next(form for form in self._agents().all if form.css == "stop-agent" and form.fields["client"] == client_id)
        self._post(form)
        assert client_id not in self.agents(), "a stopped agent is gone from the page"

    def _agents(self):
        _, page = self._go("GET", f"{self.origin}/agents")
        if "sign-in" in page.forms:
            _, page = self._sign_in(page)
        return page

    def _sign_in(self, page):
        self.shown.append(("sign-in", ""))
        return self._post(page.forms["sign-in"], login=self.user["login"], password=self.user["password"])

    def _post(self, form, **changes):
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self._go("POST", urljoin(self.origin, form.action), data={**form.fields, **changes}, headers=headers)

    def _go(self, method, url, **more):
        """Follows redirects as long as they stay; the place and its page, or the place outside and no page."""
        for _ in range(STEPS_MAX):
            parts = urlsplit(url)
            if f"{parts.scheme}://{parts.netloc}" != self.origin:
                return url, None
            answer = self.browser.request(method, url, allow_redirects=False, timeout=10, **more)
            if "Location" not in answer.headers:
                return url, Page(answer.text)
            assert answer.status_code == 303, "only 303 never sends a password on"
            method, url, more = "GET", urljoin(url, answer.headers["Location"]), {}
        raise AssertionError("redirects without end")


class Form:
    def __init__(self, attributes):
        self.action = attributes["action"]
        self.css = attributes.get("class")
        self.fields = {}
        self.boxes = []  # unticked
        self.buttons = set()


class Page(HTMLParser):
    """The forms of a page, those with an id by it, and what it says went wrong."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.all = []
        self.forms = {}
        self.problem = None
        self._form = None
        self.feed(text)

    def form_with(self, name):
        """The first form with a field or button of this name."""
        return next((form for form in self.all if name in form.fields or name in form.buttons), None)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        self.problem = attributes.get("data-problem", self.problem)
        if tag == "form":
            self._form = Form(attributes)
            self.all.append(self._form)
            if "id" in attributes:
                self.forms[attributes["id"]] = self._form
        elif tag == "input" and self._form and "name" in attributes:
            pair = (attributes["name"], attributes.get("value", ""))
            if attributes.get("type") == "checkbox":
                self._form.boxes.append(pair)
            else:
                self._form.fields[pair[0]] = pair[1]
        elif tag == "button" and self._form and "name" in attributes:
            self._form.buttons.add(attributes["name"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
