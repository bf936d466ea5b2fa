"""What every maker needs: the clock and the names of the test world, the keys, and signing by hand.

Complete tokens are signed with OpenSSL through PyCA `cryptography`; `controls.py` makes the good ones with `joserfc` and reads ours back
with it, so that two implementations agree on what is only wrong in one place.
"""

import base64
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HERE = pathlib.Path(__file__).parent
NOW = 1_795_000_000  # when every test world begins
ISSUER = "https://issuer.example"
CLIENT = "vectors"
TOKEN_ENDPOINT = ISSUER + "/oauth2/token"
GROUP_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, FIPS 186-4 D.1.2.3
ED_ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519, RFC 8032 s5.1


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Key:
    """A private key of keys.json, its public JWK, and a signature in the form of JOSE."""

    def __init__(self, entry):
        self.pem = entry["pem"]
        self.alg = entry["alg"]
        self.kid = entry["kid"]
        self.private = serialization.load_pem_private_key(self.pem.encode(), None)

    def jwk(self, **more):
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            members = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        elif isinstance(public, ec.EllipticCurvePublicKey):
            n = public.public_numbers()
            size = (public.curve.key_size + 7) // 8
            crv = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}[public.curve.name]
            members = {"kty": "EC", "crv": crv, "x": b64(n.x.to_bytes(size, "big")), "y": b64(n.y.to_bytes(size, "big"))}
        else:
            n = public.public_numbers()
            members = {"kty": "RSA", "n": b64(big(n.n)), "e": b64(big(n.e))}
        return members | more

    def private_members(self):
        numbers = self.private.private_numbers() if not isinstance(self.private, ed25519.Ed25519PrivateKey) else None
        if numbers is None:
            raw = self.private.private_bytes(
                serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
            )
            return {"d": b64(raw)}
        if hasattr(numbers, "private_value"):
            return {"d": b64(numbers.private_value.to_bytes(32, "big"))}
        names = {"d": "d", "p": "p", "q": "q", "dp": "dmp1", "dq": "dmq1", "qi": "iqmp"}
        return {name: b64(big(getattr(numbers, attribute))) for name, attribute in names.items()}

    def sign(self, data, alg=None):
        if isinstance(data, str):
            data = data.encode()
        alg = alg or self.alg
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512(), "SHA1": hashes.SHA1(), "6K": hashes.SHA256()}[
            "SHA1" if alg == "RS1" else ("6K" if alg == "ES256K" else alg[2:])
        ]
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            size = (self.private.curve.key_size + 7) // 8
            r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(digest, deterministic_signing=True)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if alg.startswith("PS"):
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)

    def public_bytes(self, encoding, form):
        return self.private.public_key().public_bytes(encoding, form)


def big(number):
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def keys():
    return {entry["name"]: Key(entry) for entry in json.loads((HERE / "keys.json").read_text())}


def compact(header, payload, key, alg=None, signature=None):
    """A compact JWS. Header and payload are objects, or texts that may be no JSON at all; nothing is checked."""
    header = header if isinstance(header, (str, bytes)) else dumps(header)
    payload = payload if isinstance(payload, (str, bytes)) else dumps(payload)
    signing_input = b64(header) + "." + b64(payload)
    return signing_input + "." + b64(key.sign(signing_input, alg) if signature is None else signature)


def raw_member(members, name, text):
    """The JSON text of an object in which one member has this text as its value, JSON or not."""
    others = [f"{dumps(known)}:{dumps(value)}" for known, value in members.items() if known != name]
    return "{" + ",".join(others + [f"{dumps(name)}:{text}"]) + "}"


SPOKEN = {" ": "space", "\t": "tab", "\n": "line-feed", "\r": "return", "\0": "nul", "%": "percent", "#": "hash", "?": "question-mark", "*": "star", "@": "at", "\\": "backslash", '"': "quote", "'": "apostrophe", "=": "equals", "+": "plus", "&": "and", ",": "comma", ";": "semicolon", "<": "less", ">": "greater", "~": "tilde", "^": "caret", "`": "backtick", "|": "bar", "$": "dollar", "!": "bang", "(": "open", ")": "close"}


def said(value, n):
    """What a value is, as part of a name: its letters and digits, its strange characters spoken, and its place in the list, since two may sound alike."""
    text = value if isinstance(value, str) else dumps(value) if isinstance(value, (list, dict, tuple, bool, int, type(None))) else "bytes-" + bytes(value).hex()
    words = "".join(c if c.isascii() and c.isalnum() else f"-{SPOKEN[c]}-" if c in SPOKEN else "-" if c.isascii() and c.isprintable() else f"-u{ord(c):x}-" for c in text)
    slug = "-".join(word for word in words.lower().split("-") if word)
    return f"{slug[:48].strip('-') or 'empty'}-{n}"


def without(members, *names):
    return {name: value for name, value in members.items() if name not in names}


class Vectors:
    def __init__(self):
        self.all = []
        self.inputs = set()

    def add(self, rule, name, given, error, http=True):
        """Two makers may come to the same input; it is kept under its first name."""
        text = dumps(given)
        if text not in self.inputs:
            self.inputs.add(text)
            self.all.append({"name": name, "rule": rule, "input": given, "error": error, "http": http})

    def write(self, file):
        names = [vector["name"] for vector in self.all]
        double = {name for name in names if names.count(name) > 1}
        assert not double, f"{file}: {sorted(double)[:9]}"
        odd = [name for name in names if not all(c.isascii() and (c.islower() or c.isdigit() or c == "-") for c in name)]
        assert not odd, f"{file}: {odd[:9]}"
        lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in self.all)
        (HERE.parent / file).write_text(f"[\n{lines}\n]\n")
        http = sum(vector["http"] for vector in self.all)
        print(f"{file}: {len(self.all)} vectors, {http} through the port")
