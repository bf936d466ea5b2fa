"""Writes the vector files anew: `python3 make.py`, with what `requirements.txt` names. Nothing runs it in a build; what it wrote is committed."""

import of_controls
import of_dpop
import of_form
import of_jose
import of_json
import of_pkce
import of_redirect

for maker in [of_jose, of_dpop, of_redirect, of_pkce, of_json, of_form, of_controls]:
    maker.write()
