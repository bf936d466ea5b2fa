"""pkce.json: authorization requests without a good challenge, and verifiers that a code was not asked for with (RFC 7636, S-04)."""

import hashlib

from common import Vectors, b64, said

V = Vectors()
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # of RFC 7636 App. B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def challenge_of(verifier):
    return b64(hashlib.sha256(verifier.encode()).digest())


assert challenge_of(VERIFIER) == CHALLENGE


def asked(rule, name, **parameters):
    """An authorization request in which these parameters stand in place of the two of PKCE."""
    V.add(rule, name, {"client": ["public", "confidential"][len(V.all) % 2], "parameters": parameters}, "invalid_request")


asked("pkce-challenge", "nothing-at-all")
for n, method in enumerate(["S256", "plain", "s256", "", "S512"]):
    asked("pkce-challenge", f"no-challenge-but-a-method-{said(method, n)}", code_challenge_method=method)
    asked("pkce-challenge", f"empty-challenge-and-a-method-{said(method, n)}", code_challenge="", code_challenge_method=method)
for n, other in enumerate(["code_verifier", "challenge", "Code_Challenge", "CODE_CHALLENGE", "code-challenge", "codeChallenge", "code_challenge[]", "code_challenge.0", "code_challenge ", " code_challenge"]):
    asked("pkce-challenge", f"challenge-under-another-name-{said(other, n)}", code_challenge_method="S256", **{other: CHALLENGE})

asked("pkce-method", "method-left-out", code_challenge=CHALLENGE)
asked("pkce-method", "method-left-out-and-a-verifier-as-challenge", code_challenge=VERIFIER)
for n, method in enumerate([
    "", "plain", "Plain", "PLAIN", "none", "null", "s256", "S-256", "S 256", "S256 ", " S256", "S256\0", "S256\n", "S256,plain", "S256 plain", "plain S256", "plain,S256", "[\"S256\"]", "S512", "S384", "S1", "SHA256", "SHA-256", "sha256", "RS256", "HS256", "S2560", "S25", "25", "\u0405256", "S\uff12\uff15\uff16", "S256/plain", "S256;plain", "*", "true", "1", "undefined", "S256'", "S256\"", "S256--",
]):
    asked("pkce-method", f"method-other-{said(method, n)}", code_challenge=CHALLENGE, code_challenge_method=method)
for n, other in enumerate(["Code_Challenge_Method", "code_challenge_methods", "challenge_method", "code-challenge-method", "codeChallengeMethod", "method"]):
    asked("pkce-method", f"method-under-another-name-{said(other, n)}", code_challenge=CHALLENGE, **{other: "S256"})


def form(name, challenge):
    asked("pkce-challenge-form", name, code_challenge=challenge, code_challenge_method="S256")


for length in [1, 2, 3, 4, 8, 16, 22, 27, 31, 32, 33, 40, 41, 42]:
    form(f"challenge-of-{length}-characters", CHALLENGE[:length])
for length in [44, 45, 46, 48, 64, 86, 87, 128, 129, 256, 1000, 4000]:
    form(f"challenge-of-{length}-characters", (CHALLENGE * 100)[:length])
for n, foreign in enumerate("+/=.~!*'();:@&$,?#[]% \t\n\r\0\\\"<>^`{|}\u00e4\u200b\uff21"):
    form(f"challenge-with-a-foreign-character-{said(foreign, n)}", CHALLENGE[:20] + foreign + CHALLENGE[21:])
    if n < 12:
        form(f"challenge-ending-in-a-foreign-character-{said(foreign, n)}", CHALLENGE[:42] + foreign)
for n in range(1, 4):
    form(f"challenge-with-{n}-bits-beyond-the-end", CHALLENGE[:42] + ALPHABET[ALPHABET.index(CHALLENGE[42]) + n])
form("challenge-padded", CHALLENGE + "=")
form("challenge-with-a-space-behind", CHALLENGE + " ")
form("challenge-with-a-space-in-front", " " + CHALLENGE)
form("challenge-with-a-line-feed-behind", CHALLENGE + "\n")
form("challenge-quoted", f'"{CHALLENGE}"')
form("challenge-in-hex", hashlib.sha256(VERIFIER.encode()).hexdigest())
form("challenge-of-sha-512", b64(hashlib.sha512(VERIFIER.encode()).digest()))
form("challenge-of-sha-1", b64(hashlib.sha1(VERIFIER.encode()).digest()))
form("challenge-of-sha-384", b64(hashlib.sha384(VERIFIER.encode()).digest()))
form("challenge-of-md5", b64(hashlib.md5(VERIFIER.encode()).digest()))
form("challenge-of-hex-in-base64url", b64(hashlib.sha256(VERIFIER.encode()).hexdigest()))
form("challenge-with-its-method", "S256." + CHALLENGE)
form("challenge-twice-with-a-comma", CHALLENGE + "," + CHALLENGE)


def redeemed(rule, name, challenge, shown):
    """A code that was asked for with this challenge, redeemed with this verifier; null: without one."""
    V.add(rule, "verifier-" + name, {"client": ["public", "confidential"][len(V.all) % 2], "challenge": challenge, "verifier": shown}, "invalid_grant")


for n, verifier in enumerate([VERIFIER, "v" * 43, "a-b.c_d~" * 8, "Z" * 128]):
    challenge = challenge_of(verifier)
    redeemed("pkce-verifier", f"left-out-{said(verifier, n)}", challenge, None)
    redeemed("pkce-verifier", f"empty-{said(verifier, n)}", challenge, "")
    for what, shown in {
        "another": "w" * 43, "the-challenge": challenge, "cut": verifier[:-1], "longer": verifier + "a", "in-other-letters": verifier.swapcase(), "reversed": verifier[::-1] if verifier != verifier[::-1] else "x" + verifier[1:], "with-a-line-feed": verifier + "\n", "with-a-space": verifier + " ", "with-a-space-in-front": " " + verifier, "with-a-nul": verifier + "\0", "padded": verifier + "=",
        "of-the-challenge": challenge_of(challenge), "hashed-in-hex": hashlib.sha256(verifier.encode()).hexdigest(), "first-letter-changed": ("b" if verifier[0] != "b" else "c") + verifier[1:], "last-letter-changed": verifier[:-1] + ("b" if verifier[-1] != "b" else "c"), "one-letter": verifier[0], "plain": "plain", "null": "null", "quoted": f'"{verifier}"', "as-base64url": b64(verifier), "with-a-zero-width-space": verifier + "\u200b", "twice": verifier * 2,
    }.items():
        redeemed("pkce-verifier", f"{what}-{said(verifier, n)}", challenge, shown)
for n, verifier in enumerate(["", "a", "a" * 8, "a" * 16, "a" * 32, "a" * 41, "a" * 42, VERIFIER[:42], "a" * 129, "a" * 130, "a" * 200, "a" * 256, VERIFIER * 3, "a" * 2000]):
    redeemed("pkce-verifier-form", f"that-fits-of-{len(verifier)}-characters-{said(verifier, n)}", challenge_of(verifier), verifier)
for n, foreign in enumerate("+/=!*'();:@&$,?#[]% \t\n\r\0\\\"<>^`{|}\u00e4\u00df\u200b\uff21\U0001f511"):
    verifier = VERIFIER[:21] + foreign + VERIFIER[22:] + "a"
    redeemed("pkce-verifier-form", f"that-fits-with-a-foreign-character-{said(foreign, n)}", challenge_of(verifier), verifier)
    if n < 12:
        verifier = "a" * 43 + foreign
        redeemed("pkce-verifier-form", f"that-fits-ending-in-a-foreign-character-{said(foreign, n)}", challenge_of(verifier), verifier)


def write():
    V.write("pkce.json")
