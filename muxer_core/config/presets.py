"""`Preset`: what is known of a provider before anybody configures it. One row of `known_providers`, or a table `presets.NAME` of a user's.

A provider takes the preset that it names with `preset`, or the one that is called as it is. What its own table says goes before; `options`
are laid over each other, unless the dialect is another one: then the preset's options, headers and scheme are none of its business.

Words in braces in an address (`https://{resource}.openai.azure.com/openai/v1`) are filled in from `settings` of the provider. A key goes as
`credential_scheme` says, where its name does not say more: `google:…` and `azure:…` are tokens (`bearer`), `aws:…` signs (`aws-sigv4`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from muxer_core.config.problems import Problems, inside
from muxer_core.values.credential import CredentialScheme
from muxer_core.values.spelling import did_you_mean
from muxer_core.values.usage import JsonValue

_BRACES = re.compile(r"\{([A-Za-z_]\w*)\}")
_FILLING = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~:-]*[A-Za-z0-9])?")


class Preset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a provider.

    * `base_url`: its address, with words in braces for what differs from account to account.
    * `variables`: the environment variables that usually hold its key; the first that is set counts.
    * `credential`: the name of its credential where no variable holds one, such as `aws:default`.
    * `credential_scheme`: how a plain key is sent.
    * `dialect`, `options`, `headers`: as a provider's.
    * `local`: it runs on this machine or beside it, needs no key, and is used only when a configuration names it.
    * `note`: what a person should know. `page` and `date`: where all this was read, and when.
    """

    base_url: str
    variables: tuple[str, ...] = ()
    credential: str | None = None
    dialect: str = "openai_chat"
    credential_scheme: CredentialScheme = "bearer"
    options: dict[str, JsonValue] = {}
    headers: dict[str, str] = {}
    local: bool = False
    note: str = ""
    page: str = ""
    date: str = ""

    @property
    def usual_credential(self) -> str | None:
        """The name of the credential of a provider that names none; None where no key is needed."""
        if self.credential is not None:
            return self.credential
        return f"env:{'|'.join(self.variables)}" if self.variables else None

    @property
    def settings(self) -> tuple[str, ...]:
        """The words in braces, in order, each once."""
        return tuple(dict.fromkeys(_BRACES.findall(self.base_url)))


def scheme_of(credential: str) -> CredentialScheme | None:
    """How a credential is sent whose name tells it, or None.

    >>> scheme_of("aws:work"), scheme_of("azure:default"), scheme_of("env:KEY")
    ('aws-sigv4', 'bearer', None)
    """
    return _SCHEMES.get(credential.partition(":")[0]) if ":" in credential else None


_SCHEMES: dict[str, CredentialScheme] = {"aws": "aws-sigv4", "google": "bearer", "azure": "bearer"}


def fill_in(base_url: str, settings: Mapping[str, str], path: str, problems: Problems) -> str:
    """The address, with its braces filled. What is missing, not known or cannot stand in an address is a problem at `path`.settings."""
    wanted = tuple(dict.fromkeys(_BRACES.findall(base_url)))
    where = inside(path, "settings")
    for name in settings:
        if name not in wanted:
            known = did_you_mean(name, wanted) or (f"; known are {', '.join(wanted)}" if wanted else "")
            problems.add(inside(where, name), f"has no place in the address {base_url}{known}")
    for name in wanted:
        value = settings.get(name)
        if value is None:
            problems.add(inside(where, name), f"is missing; it is part of the address {base_url}")
        elif not _FILLING.fullmatch(value):
            problems.add(inside(where, name), "must be a name made of letters, digits and . - _ ~ :")
    return _BRACES.sub(lambda match: settings.get(match[1], match[0]), base_url)
