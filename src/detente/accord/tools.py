"""The key `ai`: which tools may see which data, and what the gateway does with prompts and answers."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from detente.accord import phrases
from detente.accord.schema import Amount, Name, Span, Strict, Text, key, plain

ISSUER = "an https address, such as `https://login.acme.example` (or http on this machine, to try it)"
Action = Literal["allow", "warn", "redact", "block"]
Term = Annotated[str, plain(phrases.term, phrases.TERMS)]

YES = {
    "public": [],
    "internal": ["no training on inputs", "sso"],
    "confidential": ["no training on inputs", "sso", "soc2 type 2", "retention <= 30d", "through gateway"],
    "regulated": [
        *("no training on inputs", "sso", "soc2 type 2", "zero retention"),
        *("tenant isolation", "through gateway", "dpa signed"),
    ],
}


class OwnCode(Strict):
    """`ai.gateway.prompts.own_code`: our own source in a prompt, by how precious it is."""

    public_repos: Action = key("Code that is public anyway.", "allow")
    internal: Action = key("Code of internal repositories.", "allow")
    crown_jewels: Action = key("Code the company lives on.", "block")


class Prompts(Strict):
    """`ai.gateway.prompts`: what leaves towards a model."""

    secrets: Action = key("Keys, tokens and passwords.", "redact")
    personal_data: Action = key("Names, addresses, account numbers and the like.", "redact")
    own_code: OwnCode = key("Our own source code.", {}, shown="see its keys")
    injection: Action = key("Text that tries to give the model orders.", "warn")
    attachments: Action = key("Pictures and files that cannot be read as text; redact counts as block.", "warn")


class Licence(Strict):
    """`ai.gateway.answers.licence`: generated code that carries somebody's licence."""

    deny: tuple[Name, ...] = key(
        "SPDX identifiers that are blocked.",
        ["AGPL-3.0-only", "GPL-3.0-only"],
        shown="`AGPL-3.0-only`, `GPL-3.0-only`",
    )
    otherwise: Action = key("Any other licence found.", "warn")


class Answers(Strict):
    """`ai.gateway.answers`: what comes back from a model."""

    secrets: Action = key("Keys and passwords that were not in the prompt.", "warn")
    insecure_code: Action = key("Code with a known weakness.", "warn")
    unknown_packages: Action = key("Packages that no registry knows.", "warn")
    licence: Licence = key("Licences inherited by generated code.", {}, shown="see its keys")


class Failure(Strict):
    """`ai.gateway.on_failure`: what happens when a check cannot be made."""

    secrets: Literal["closed", "open"] = key("When secrets cannot be looked for: closed refuses the prompt.", "closed")
    otherwise: Literal["closed", "open"] = key("When any other check fails.", "open")
    record: Literal["closed", "open"] = key(
        "When an exchange cannot be written down: closed sends no prompt without its record.", "closed"
    )


class Retention(Strict):
    """`ai.gateway.retention`: how long what is written down of exchanges stays."""

    records: Span = key("Records, without any text: who, when, how it went, what was found.", "400d")
    texts: Span = key("Prompts and answers where `keep_prompts` says so; no longer than their records.", "30d")


class Spending(Strict):
    """`ai.gateway.budgets`: how much the models may cost."""

    per_user_per_day: Amount | None = key("For one person on one day.", None, shown="no limit")
    per_squad_per_month: Amount | None = key("For one squad in one month.", None, shown="no limit")
    per_key_per_day: Amount | None = key(
        "For one virtual key, with those it replaced, on one day.", None, shown="no limit"
    )
    per_tenant_per_month: Amount | None = key("For one tenant in one month.", None, shown="no limit")
    requests_per_minute: int | None = key(
        "Requests with one key in one minute of the clock.", None, shown="no limit", ge=0
    )
    tokens_per_minute: int | None = key(
        "Tokens read and written with one key in one minute.", None, shown="no limit", ge=0
    )


def _issuer(text: str) -> str:
    if not re.fullmatch(r"https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?", text):
        raise ValueError(ISSUER)
    return text


class Login(Strict):
    """`ai.gateway.login`: who gets a short-lived key by signing in with the company's own identity provider (OpenID Connect)."""

    issuer: Annotated[str, plain(_issuer, ISSUER)] = key(f"The provider's name for itself: {ISSUER}.")
    client: Text = key("The client that was registered there for Détente; a public one, without a secret.")
    tenant: Name = key("The tenant whose keys these are.", "default")
    groups: Name = key(
        "The claim that names a person's groups; a group named as a squad makes its member one of it.", "groups"
    )
    lasts: Span = key("How long a key counts.", "12h")


class Gateway(Strict):
    """`ai.gateway`: what the gateway does with what it finds; allow, warn, redact or block."""

    prompts: Prompts = key("What leaves towards a model.", {}, shown="see its keys")
    answers: Answers = key("What comes back from a model.", {}, shown="see its keys")
    on_failure: Failure = key("When a check cannot be made.", {}, shown="see its keys")
    keep_prompts: bool = key("Whether prompts and answers are kept, encrypted under the tenant's key.", "no")
    retention: Retention = key("How long what is written down stays.", {}, shown="see its keys")
    budgets: Spending = key("What the models may cost.", {}, shown="see its keys")
    login: Login | None = key("Who gets a key by signing in.", None, shown="nobody")


class Ai(Strict):
    """`ai`: how the company says yes to AI tools."""

    default: Literal["ask", "allow", "deny"] = key("A tool nobody has decided on: ask makes it a request.", "ask")
    data: tuple[Name, ...] = key(
        "The classes of data, from harmless to grave.", list(YES), shown="public, internal, confidential, regulated"
    )
    yes_when: Mapping[Name, tuple[Term, ...]] = key(
        f"What a tool must offer before it may see a class of data; a class without an entry is a no. Terms: {phrases.TERMS}.",
        YES,
        shown="as in the template",
    )
    review_every: Span = key("How often a granted tool is looked at again.", "180d")
    gateway: Gateway = key("What the gateway does.", {}, shown="see its keys")
