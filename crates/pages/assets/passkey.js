// Passkeys (WebAuthn Level 3). The pages work without this file; it fetches nothing and writes one hidden field: `credential`.
"use strict";
(() => {
  const form = document.querySelector("form[data-ceremony]");
  if (!form) return;
  const button = form.querySelector("button[hidden]");
  const status = form.querySelector("[role=status]");
  const say = (key) => { status.textContent = (key && status.dataset[key]) || ""; };
  if (!window.PublicKeyCredential || !navigator.credentials) {
    say("unsupported");
    form.hidden = !status.textContent;
    return;
  }

  const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const encode = (buffer) => buffer == null ? undefined
    : btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((entry) => ({ ...entry, id: decode(entry.id) }));

  let options;
  try {
    const given = JSON.parse(form.dataset.options);
    options = () => {
      const o = { ...(given.publicKey || given) };
      o.challenge = decode(o.challenge);
      if (o.user) o.user = { ...o.user, id: decode(o.user.id) };
      if (o.allowCredentials) o.allowCredentials = named(o.allowCredentials);
      if (o.excludeCredentials) o.excludeCredentials = named(o.excludeCredentials);
      return o;
    };
    options();
  } catch { return say("failed"); }

  const written = (credential) => {
    try { return JSON.stringify(credential.toJSON()); } catch { /* an older browser, or a password manager that stands in for it */ }
    const r = credential.response;
    return JSON.stringify({
      id: credential.id,
      rawId: encode(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: {
        clientDataJSON: encode(r.clientDataJSON),
        authenticatorData: encode(r.authenticatorData),
        signature: encode(r.signature),
        userHandle: encode(r.userHandle),
        attestationObject: encode(r.attestationObject),
        transports: r.getTransports ? r.getTransports() : undefined,
      },
    });
  };
  const send = (credential) => { form.elements.credential.value = written(credential); form.submit(); };

  const { ceremony } = form.dataset; // create, get or sign
  const create = ceremony === "create";
  let autofill = null;
  let busy = false;

  // The browser offers passkeys in the field for the name, until the button is pressed.
  const offer = async () => {
    if (ceremony !== "get" || !(await window.PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    autofill = new AbortController();
    try {
      const credential = await navigator.credentials.get({ publicKey: options(), mediation: "conditional", signal: autofill.signal });
      if (credential) send(credential);
    } catch { /* nothing was chosen there; the button and the password remain */ }
  };

  const release = () => { busy = false; button.removeAttribute("aria-disabled"); };

  const ask = async () => {
    if (busy || !form.reportValidity()) return;
    busy = true;
    autofill?.abort();
    button.setAttribute("aria-disabled", "true");
    say("waiting");
    try {
      const credential = await navigator.credentials[create ? "create" : "get"]({ publicKey: options() });
      if (!credential) throw new Error();
      send(credential);
    } catch (error) {
      say({ NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: create ? "known" : "failed" }[error.name] || "failed");
      release();
      offer();
    }
  };

  for (const part of form.querySelectorAll("[hidden]")) part.hidden = false;
  button.addEventListener("click", ask);
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); }); // the Enter key in its field; `send` does not pass here
  window.addEventListener("pageshow", (event) => { if (event.persisted) { release(); say(); } });
  offer();
})();
