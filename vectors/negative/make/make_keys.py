"""Makes keys.json, once: keys that sign vectors and nothing else. Run it again and every vector changes."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from common import HERE

WANTED = [
    ("ed", "EdDSA", lambda: ed25519.Ed25519PrivateKey.generate()),
    ("es", "ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
    ("es2", "ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
    ("rs", "RS256", lambda: rsa.generate_private_key(65537, 2048)),
    ("ps", "PS256", lambda: rsa.generate_private_key(65537, 2048)),
    ("evil-ed", "EdDSA", lambda: ed25519.Ed25519PrivateKey.generate()),
    ("evil-es", "ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
    ("evil-rs", "RS256", lambda: rsa.generate_private_key(65537, 2048)),
    ("rsa-1024", "RS256", lambda: rsa.generate_private_key(65537, 1024)),
    ("rsa-1536", "RS256", lambda: rsa.generate_private_key(65537, 1536)),
    ("p384", "ES384", lambda: ec.generate_private_key(ec.SECP384R1())),
    ("k256", "ES256K", lambda: ec.generate_private_key(ec.SECP256K1())),
]

entries = []
for name, alg, generate in WANTED:
    pem = generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    entries.append({"name": name, "kid": name, "alg": alg, "pem": pem.decode()})
(HERE / "keys.json").write_text(json.dumps(entries, indent=1) + "\n")
