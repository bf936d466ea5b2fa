// Makes crates/proof/tests/vectors/webauthn_oracle.json: passkey ceremonies, good and bent, with the verdict of an implementation that
// others wrote (@simplewebauthn/server). The tests of `proof` compare their own verdicts with these. Not part of the interop run.
//
//   npm install --no-save --ignore-scripts @simplewebauthn/server@14.0.3
//   node vectors-webauthn.mjs make FILE     new keys, new ceremonies, verdicts
//   node vectors-webauthn.mjs check FILE    the verdicts in FILE are still the installed version's
//
// The ceremonies come from the small software authenticator below, over node:crypto. A case bends one thing before it is signed, unless it
// is about the signature or about what no signature covers, so that nothing but the rule in question can refuse it.

import * as crypto from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const ORIGIN = "https://auth.example";
const RP_ID = "auth.example";
const [UP, UV, BE, BS, AT, ED] = [0x01, 0x04, 0x08, 0x10, 0x40, 0x80];
const ES256 = -7, EDDSA = -8, RS256 = -257;

// --- CBOR, canonical unless `raw` says otherwise; a map is an array of pairs inside `map` ---

const raw = (hex) => ({ raw: Buffer.from(hex, "hex") });
const map = (...pairs) => ({ pairs });

function head(major, value) {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 0x100) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}

function cbor(value) {
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value.raw) return value.raw;
  if (value.pairs) return Buffer.concat([head(5, value.pairs.length), ...value.pairs.flat().map(cbor)]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  return value < 0 ? head(1, -1 - value) : head(0, value);
}

// --- the authenticator ---

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest();

function newKey(alg) {
  const pair =
    alg === ES256 ? crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
    : alg === EDDSA ? crypto.generateKeyPairSync("ed25519")
    : crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const part = (name) => Buffer.from(jwk[name], "base64url");
  const cose =
    alg === ES256 ? map([1, 2], [3, ES256], [-1, 1], [-2, part("x")], [-3, part("y")])
    : alg === EDDSA ? map([1, 1], [3, EDDSA], [-1, 6], [-2, part("x")])
    : map([1, 3], [3, RS256], [-1, part("n")], [-2, part("e")]);
  return { alg, cose, sign: (message) => crypto.sign(alg === EDDSA ? null : "sha256", message, pair.privateKey) };
}

const KEYS = new Map([ES256, EDDSA, RS256].map((alg) => [alg, newKey(alg)]));
const OTHER = newKey(ES256);

function authenticatorData(parts) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(parts.counter);
  const chunks = [sha256(parts.rpId), Buffer.from([parts.flags]), counter];
  if (parts.credential) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(parts.credential.length ?? parts.credential.id.length);
    chunks.push(parts.credential.aaguid, length, parts.credential.id, cbor(parts.credential.cose));
  }
  return Buffer.concat([...chunks, parts.extensions ?? Buffer.alloc(0), parts.tail ?? Buffer.alloc(0)]);
}

// Everything a case may bend before it is signed.
function partsOf(type, challenge, id, key) {
  return {
    key, id, rawId: id, type: "public-key",
    clientData: { type, challenge: b64(challenge), origin: ORIGIN, crossOrigin: false },
    rpId: RP_ID, flags: UP | UV, counter: 0,
    credentialType: "public-key",
  };
}

function registration(alg, format, bend = () => {}, after = () => {}) {
  const key = KEYS.get(alg);
  const [challenge, id] = [crypto.randomBytes(32), crypto.randomBytes(32)];
  const parts = partsOf("webauthn.create", challenge, id, key);
  parts.flags |= AT;
  parts.credential = { aaguid: crypto.randomBytes(16), id, cose: { pairs: key.cose.pairs.map((pair) => [...pair]) } };
  parts.format = format;
  bend(parts);
  const clientData = Buffer.from(parts.clientDataText ?? JSON.stringify(parts.clientData));
  const data = authenticatorData(parts);
  const signature = parts.key.sign(Buffer.concat([data, sha256(clientData)]));
  const statement = parts.statement?.(signature) ?? (format === "packed" ? map(["alg", alg], ["sig", signature]) : map());
  const object = parts.object?.(statement, data) ?? map(["fmt", parts.format], ["attStmt", statement], ["authData", data]);
  const json = {
    id: b64(parts.id), rawId: b64(parts.rawId), type: parts.type,
    response: { clientDataJSON: b64(clientData), attestationObject: b64(cbor(object)), transports: ["internal", "hybrid"] },
    clientExtensionResults: {},
  };
  after(json);
  return { ceremony: "registration", challenge: b64(challenge), response: JSON.stringify(json) };
}

function assertion(alg, bend = () => {}, after = () => {}, stored = {}) {
  const key = KEYS.get(alg);
  const [challenge, id] = [crypto.randomBytes(32), crypto.randomBytes(32)];
  const parts = partsOf("webauthn.get", challenge, id, key);
  bend(parts);
  const clientData = Buffer.from(parts.clientDataText ?? JSON.stringify(parts.clientData));
  const data = authenticatorData(parts);
  const signed = parts.key.sign(Buffer.concat([data, sha256(clientData)]));
  const json = {
    id: b64(parts.id), rawId: b64(parts.rawId), type: parts.type,
    response: {
      clientDataJSON: b64(clientData), authenticatorData: b64(data),
      signature: b64(parts.signature?.(signed, data, clientData) ?? signed), userHandle: b64(crypto.randomBytes(16)),
    },
    clientExtensionResults: {},
  };
  after(json);
  return {
    ceremony: "assertion", challenge: b64(challenge), response: JSON.stringify(json),
    id: b64(id), key: b64(cbor(stored.cose ?? key.cose)), counter: stored.counter ?? 0,
  };
}

// --- the table ---

const cases = [];
const add = (name, made, userVerification = "required") => cases.push({ name, origin: ORIGIN, rpId: RP_ID, userVerification, ...made });

for (const [word, alg] of [["es256", ES256], ["eddsa", EDDSA], ["rs256", RS256]]) {
  add(`registration ${word} none`, registration(alg, "none"));
  add(`registration ${word} packed`, registration(alg, "packed"));
  add(`assertion ${word}`, assertion(alg));
  add(`registration ${word} with the packed signature changed`, registration(alg, "packed", (p) => {
    p.statement = (s) => map(["alg", alg], ["sig", flip(s, 10)]);
  }));
  add(`assertion ${word} with the signature changed`, assertion(alg, (p) => { p.signature = (s) => flip(s, 10); }));
  add(`assertion ${word} with the signature cut`, assertion(alg, (p) => { p.signature = (s) => s.subarray(0, -1); }));
  add(`assertion ${word} with a byte after the signature`, assertion(alg, (p) => { p.signature = (s) => Buffer.concat([s, Buffer.from([0])]); }));
}

function flip(bytes, at) {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}

// Things that hold for both ceremonies: name, bend, after, userVerification.
const both = [
  ["client data type of the other ceremony", (p) => { p.clientData.type = p.clientData.type === "webauthn.get" ? "webauthn.create" : "webauthn.get"; }],
  ["client data type in capitals", (p) => { p.clientData.type = p.clientData.type.toUpperCase(); }],
  ["client data without type", (p) => { delete p.clientData.type; }],
  ["another challenge", (p) => { p.clientData.challenge = b64(crypto.randomBytes(32)); }],
  ["a padded challenge", (p) => { p.clientData.challenge += "="; }],
  ["an empty challenge", (p) => { p.clientData.challenge = ""; }],
  ["client data without challenge", (p) => { delete p.clientData.challenge; }],
  ["an origin with a slash", (p) => { p.clientData.origin = `${ORIGIN}/`; }],
  ["an origin with a port", (p) => { p.clientData.origin = `${ORIGIN}:443`; }],
  ["an origin of plain http", (p) => { p.clientData.origin = "http://auth.example"; }],
  ["an origin that ours is the start of", (p) => { p.clientData.origin = `${ORIGIN}.evil.example`; }],
  ["an origin in capitals", (p) => { p.clientData.origin = "https://AUTH.example"; }],
  ["client data without origin", (p) => { delete p.clientData.origin; }],
  ["crossOrigin true", (p) => { p.clientData.crossOrigin = true; }],
  ["crossOrigin a string", (p) => { p.clientData.crossOrigin = "false"; }],
  ["client data without crossOrigin", (p) => { delete p.clientData.crossOrigin; }],
  ["crossOrigin true and topOrigin", (p) => { p.clientData.crossOrigin = true; p.clientData.topOrigin = "https://evil.example"; }],
  ["topOrigin alone", (p) => { p.clientData.topOrigin = "https://evil.example"; }],
  ["a token binding", (p) => { p.clientData.tokenBinding = { status: "supported" }; }],
  ["an unknown member in client data", (p) => { p.clientData.later = { a: [1, 2] }; }],
  ["client data with a second origin before the right one", (p) => { p.clientDataText = JSON.stringify(p.clientData).replace('"origin"', '"origin":"https://evil.example","origin"'); }],
  ["client data that do not end", (p) => { p.clientDataText = JSON.stringify(p.clientData).slice(0, -1); }],
  ["client data with something after them", (p) => { p.clientDataText = `${JSON.stringify(p.clientData)} x`; }],
  ["client data with a byte order mark", (p) => { p.clientDataText = `\ufeff${JSON.stringify(p.clientData)}`; }],
  ["client data that are an array", (p) => { p.clientDataText = "[]"; }],
  ["another RP ID", (p) => { p.rpId = "evil.example"; }],
  ["the RP ID of a parent domain", (p) => { p.rpId = "example"; }],
  ["no user present", (p) => { p.flags &= ~UP; }],
  ["no user verified, required", (p) => { p.flags &= ~UV; }],
  ["no user verified, preferred", (p) => { p.flags &= ~UV; }, () => {}, "preferred"],
  ["backup eligible", (p) => { p.flags |= BE; }],
  ["backed up", (p) => { p.flags |= BE | BS; }],
  ["backed up but not eligible", (p) => { p.flags |= BS; }],
  ["reserved flags", (p) => { p.flags |= 0x22; }],
  ["a byte after the authenticator data", (p) => { p.tail = Buffer.from([0]); }],
  ["extension data", (p) => { p.flags |= ED; p.extensions = cbor(map(["credProtect", 2])); }],
  ["extension data without their flag", (p) => { p.extensions = cbor(map(["credProtect", 2])); }],
  ["the extension flag without data", (p) => { p.flags |= ED; }],
  ["extension data that are not a map", (p) => { p.flags |= ED; p.extensions = cbor("credProtect"); }],
  ["extension data cut short", (p) => { p.flags |= ED; p.extensions = cbor(map(["credProtect", 2])).subarray(0, -1); }],
  ["extension data of indefinite length", (p) => { p.flags |= ED; p.extensions = Buffer.from("bf6161f5ff", "hex"); }],
  ["extension data with a key twice", (p) => { p.flags |= ED; p.extensions = cbor(map(["a", 1], ["a", 2])); }],
  ["id and rawId apart", () => {}, (j) => { j.id = b64(crypto.randomBytes(32)); }],
  ["a padded id", () => {}, (j) => { j.id += "="; j.rawId += "="; }],
  ["an empty id", () => {}, (j) => { j.id = ""; j.rawId = ""; }],
  ["another credential type", (p) => { p.type = "password"; }],
  ["no credential type", (p) => { p.type = undefined; }],
  ["no response", () => {}, (j) => { delete j.response; }],
  ["client data in padded base64url", () => {}, (j) => { j.response.clientDataJSON += "=".repeat((4 - (j.response.clientDataJSON.length % 4)) % 4 || 4); }],
  ["client data in plain base64", (p) => { p.clientData.later = "\u00ff\u00ff\u00ff???>>>~~~"; }, (j) => { j.response.clientDataJSON = j.response.clientDataJSON.replaceAll("-", "+").replaceAll("_", "/"); }],
  ["unknown members around", () => {}, (j) => { j.authenticatorAttachment = "platform"; j.later = 1; j.response.later = null; }],
];
for (const [name, bend, after, userVerification] of both) {
  add(`registration: ${name}`, registration(ES256, "none", bend, after), userVerification);
  add(`assertion: ${name}`, assertion(ES256, bend, after), userVerification);
}

const cose = (change) => (p) => { p.credential.cose = change(p.credential.cose.pairs); };
const set = (label, value) => cose((pairs) => ({ pairs: pairs.map(([k, v]) => [k, k === label ? value : v]) }));
const hex = (value) => cbor(value).toString("hex");
const registrations = [
  ["no credential in it", (p) => { p.flags &= ~AT; delete p.credential; }],
  ["credential data without their flag", (p) => { p.flags &= ~AT; }],
  ["another credential id inside", (p) => { p.credential.id = crypto.randomBytes(32); }],
  ["an id length beyond the data", (p) => { p.credential.length = 0xffff; }],
  ["an id of 1023 bytes", (p) => { p.id = p.rawId = p.credential.id = crypto.randomBytes(1023); }],
  ["an id of 1024 bytes", (p) => { p.id = p.rawId = p.credential.id = crypto.randomBytes(1024); }],
  ["a counter", (p) => { p.counter = 7; }],
  ["key type OKP with ES256", set(1, 1)],
  ["key type unknown", set(1, 4)],
  ["key algorithm ES384", set(3, -35)],
  ["key algorithm RS256 on a P-256 key", set(3, RS256)],
  ["key without algorithm", cose((pairs) => ({ pairs: pairs.filter(([k]) => k !== 3) }))],
  ["key on P-384", set(-1, 2)],
  ["key x of 31 bytes", set(-2, Buffer.alloc(31, 1))],
  ["key off the curve", set(-2, Buffer.alloc(32, 1))],
  ["key without y", cose((pairs) => ({ pairs: pairs.slice(0, 4) }))],
  ["key with a compressed point", set(-3, true)],
  ["key with a key id", cose((pairs) => ({ pairs: [pairs[0], [2, Buffer.from("k")], ...pairs.slice(1)] }))],
  ["key with its members in another order", cose((pairs) => ({ pairs: [...pairs].reverse() }))],
  ["key with x twice", cose((pairs) => ({ pairs: [...pairs.slice(0, 4), pairs[3], pairs[4]] }))],
  ["key with its type in a long integer", cose((pairs) => raw(hex({ pairs }).replace(/^a50102/, "a5011802")))],
  ["key map of indefinite length", cose((pairs) => raw(`${hex({ pairs }).replace(/^a5/, "bf")}ff`))],
  ["key that is an array", cose((pairs) => pairs.flat())],
  ["statement of none not empty", (p) => { p.statement = (s) => map(["sig", s]); }],
  ["statement of none that is an array", (p) => { p.statement = () => []; }],
  ["format apple", (p) => { p.format = "apple"; }],
  ["format tpm", (p) => { p.format = "tpm"; }],
  ["format fido-u2f", (p) => { p.format = "fido-u2f"; }],
  ["format nobody knows", (p) => { p.format = "later"; }],
  ["format None in capitals", (p) => { p.format = "None"; }],
  ["packed without members", (p) => { p.format = "packed"; }],
  ["packed without sig", (p) => { p.format = "packed"; p.statement = () => map(["alg", ES256]); }],
  ["packed without alg", (p) => { p.format = "packed"; p.statement = (s) => map(["sig", s]); }],
  ["packed with another alg", (p) => { p.format = "packed"; p.statement = (s) => map(["alg", EDDSA], ["sig", s]); }],
  ["packed with an unknown member", (p) => { p.format = "packed"; p.statement = (s) => map(["alg", ES256], ["sig", s], ["zzz", 1]); }],
  ["packed with an empty certificate list", (p) => { p.format = "packed"; p.statement = (s) => map(["alg", ES256], ["sig", s], ["x5c", []]); }],
  ["packed signed by another key", (p) => { p.format = "packed"; p.key = OTHER; p.statement = (s) => map(["alg", ES256], ["sig", s]); }],
  ["object in another order", (p) => { p.object = (s, d) => map(["authData", d], ["fmt", "none"], ["attStmt", s]); }],
  ["object with fmt twice", (p) => { p.object = (s, d) => map(["fmt", "none"], ["fmt", "none"], ["attStmt", s], ["authData", d]); }],
  ["object with an unknown member", (p) => { p.object = (s, d) => map(["fmt", "none"], ["attStmt", s], ["authData", d], ["later0000", 1]); }],
  ["object without fmt", (p) => { p.object = (s, d) => map(["attStmt", s], ["authData", d]); }],
  ["object without attStmt", (p) => { p.object = (s, d) => map(["fmt", "none"], ["authData", d]); }],
  ["object without authData", (p) => { p.object = (s) => map(["fmt", "none"], ["attStmt", s]); }],
  ["object of indefinite length", (p) => { p.object = (s, d) => raw(`${hex(map(["fmt", "none"], ["attStmt", s], ["authData", d])).replace(/^a3/, "bf")}ff`); }],
  ["object with a long length", (p) => { p.object = (s, d) => raw(hex(map(["fmt", "none"], ["attStmt", s], ["authData", d])).replace(/^a363/, "a37803")); }],
  ["object with a byte after it", (p) => { p.object = (s, d) => raw(`${hex(map(["fmt", "none"], ["attStmt", s], ["authData", d]))}00`); }],
  ["object cut short", (p) => { p.object = (s, d) => raw(hex(map(["fmt", "none"], ["attStmt", s], ["authData", d])).slice(0, -2)); }],
  ["object with a tag", (p) => { p.object = (s, d) => raw(`d9d9f7${hex(map(["fmt", "none"], ["attStmt", s], ["authData", d]))}`); }],
  ["transports that are a string", () => {}, (j) => { j.response.transports = "usb"; }],
  ["no transports", () => {}, (j) => { delete j.response.transports; }],
  ["attestation object padded", () => {}, (j) => { j.response.attestationObject += "=".repeat((4 - (j.response.attestationObject.length % 4)) % 4 || 4); }],
  ["attestation object missing", () => {}, (j) => { delete j.response.attestationObject; }],
];
for (const [name, bend, after] of registrations) add(`registration: ${name}`, registration(ES256, "none", bend, after));

add("registration: Ed25519 key on X25519", registration(EDDSA, "none", set(-1, 4)));
add("registration: Ed25519 key of small order", registration(EDDSA, "none", set(-2, Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]))));
add("registration: RSA key of 1024 bits", registration(RS256, "none", set(-1, crypto.randomBytes(128).fill(0xff, 0, 1).fill(0xff, 127))));
add("registration: RSA key with a leading zero", registration(RS256, "none", cose((pairs) => ({ pairs: pairs.map(([k, v]) => [k, k === -1 ? Buffer.concat([Buffer.from([0]), v]) : v]) }))));
add("registration: RSA key with exponent 1", registration(RS256, "none", set(-2, Buffer.from([1]))));

const assertions = [
  ["signed by another key", (p) => { p.key = OTHER; }],
  ["signature without its last part, the client data", (p) => { p.signature = (_, data) => p.key.sign(data); }],
  ["signature over the client data, not their hash", (p) => { p.signature = (_, data, clientData) => p.key.sign(Buffer.concat([data, clientData])); }],
  ["signature as r and s", (p) => { p.signature = (s) => Buffer.concat(rs(s)); }],
  ["signature in DER with a long length", (p) => { p.signature = (s) => Buffer.concat([Buffer.from([0x30, 0x81]), s.subarray(1)]); }],
  ["signature of zeros", (p) => { p.signature = () => Buffer.from("3006020100020100", "hex"); }],
  ["signature empty", (p) => { p.signature = () => Buffer.alloc(0); }],
  ["signature padded", () => {}, (j) => { j.response.signature += "=".repeat((4 - (j.response.signature.length % 4)) % 4 || 4); }],
  ["signature missing", () => {}, (j) => { delete j.response.signature; }],
  ["counter changed after it was signed", (p) => { p.counter = 8; }, (j) => { j.response.authenticatorData = b64(flip(Buffer.from(j.response.authenticatorData, "base64url"), 36)); }],
  ["flags changed after they were signed", () => {}, (j) => { const d = Buffer.from(j.response.authenticatorData, "base64url"); d[32] |= BE; j.response.authenticatorData = b64(d); }],
  ["client data changed after they were signed", () => {}, (j) => { j.response.clientDataJSON = b64(Buffer.from(j.response.clientDataJSON, "base64url").toString().replace("}", ',"a":1}')); }],
  ["authenticator data of 36 bytes", (p) => { p.tail = undefined; }, (j) => { j.response.authenticatorData = b64(Buffer.from(j.response.authenticatorData, "base64url").subarray(0, 36)); }],
  ["a credential in it", (p) => { p.flags |= AT; p.credential = { aaguid: Buffer.alloc(16), id: p.id, cose: p.key.cose }; }],
  ["counter one above", (p) => { p.counter = 6; }, () => {}, { counter: 5 }],
  ["counter the same", (p) => { p.counter = 5; }, () => {}, { counter: 5 }],
  ["counter below", (p) => { p.counter = 4; }, () => {}, { counter: 5 }],
  ["counter gone to zero", (p) => { p.counter = 0; }, () => {}, { counter: 5 }],
  ["counter begins", (p) => { p.counter = 1; }],
  ["counter at its end", (p) => { p.counter = 0xffffffff; }, () => {}, { counter: 0xfffffffe }],
  ["no user handle", () => {}, (j) => { delete j.response.userHandle; }],
  ["a user handle of 65 bytes", () => {}, (j) => { j.response.userHandle = b64(Buffer.alloc(65)); }],
  ["a user handle that is a number", () => {}, (j) => { j.response.userHandle = 7; }],
];
for (const [name, bend, after, stored] of assertions) add(`assertion: ${name}`, assertion(ES256, bend, after, stored));

function rs(der) {
  const length = der[3];
  return [der.subarray(4, 4 + length), der.subarray(6 + length)].map((n) => Buffer.concat([Buffer.alloc(32), n]).subarray(-32));
}

// --- the verdicts ---

async function verdict(one) {
  const common = {
    response: JSON.parse(one.response), expectedChallenge: one.challenge, expectedOrigin: one.origin, expectedRPID: one.rpId,
    requireUserVerification: one.userVerification === "required",
  };
  try {
    const { verified } =
      one.ceremony === "registration"
        ? await verifyRegistrationResponse(common)
        : await verifyAuthenticationResponse({
            ...common,
            credential: { id: one.id, publicKey: new Uint8Array(Buffer.from(one.key, "base64url")), counter: one.counter },
          });
    return verified ? "accepts" : "refuses";
  } catch {
    return "refuses";
  }
}

const [command, file] = process.argv.slice(2);
if (command === "make") {
  for (const one of cases) one.theirs = await verdict(one);
  writeFileSync(file, `[\n${cases.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
  console.log(`${cases.length} cases, ${cases.filter((one) => one.theirs === "accepts").length} accepted`);
} else if (command === "check") {
  const wrong = [];
  for (const one of JSON.parse(readFileSync(file))) if ((await verdict(one)) !== one.theirs) wrong.push(one.name);
  for (const name of wrong) console.log(`not ok - ${name}`);
  if (wrong.length) process.exit(1);
} else {
  console.error("usage: node vectors-webauthn.mjs make|check FILE");
  process.exit(2);
}
