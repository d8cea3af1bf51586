"""Offices in the cloud: documents, tasks, customers and designs of the company.

Prefixes of the vendors' documentation: Notion, Linear, Airtable, Figma, HubSpot, Postman and others.
"""

from detente.gateway.rule import Detector, tokens

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DETECTOR = Detector(
    "secrets",
    tokens(
        (
            ("notion-token", "Notion integration token", "ntn_[0-9A-Za-z]{46}"),
            ("notion-old-token", "Notion integration token (old)", "secret_[0-9A-Za-z]{43}"),
            ("linear-key", "Linear API key", "lin_api_[0-9A-Za-z]{40}"),
            ("linear-oauth", "Linear OAuth token", "lin_oauth_[0-9a-f]{64}"),
            ("airtable-pat", "Airtable access token", "pat[0-9A-Za-z]{14}\\.[0-9a-f]{64}"),
            ("figma-pat", "Figma access token", "figd_[0-9A-Za-z_-]{40}"),
            ("asana-pat", "Asana access token", "[0-2]/[0-9]{15,17}:[0-9a-f]{32}"),
            ("clickup-token", "ClickUp token", "pk_[0-9]{6,9}_[0-9A-Z]{32}"),
            ("typeform-token", "Typeform access token", "tfp_[0-9A-Za-z_.=-]{40,64}"),
            ("frameio-token", "Frame.io token", "fio-u-[0-9A-Za-z_=-]{64}"),
            ("hubspot-token", "HubSpot private app token", "pat-(na|eu)[12]-" + _UUID),
            ("salesforce-token", "Salesforce access token", "00D[0-9A-Za-z]{12,15}![0-9A-Za-z._]{80,120}"),
            ("contentful-token", "Contentful management token", "CFPAT-[0-9A-Za-z_-]{43}"),
            ("postman-key", "Postman API key", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
            ("readme-key", "ReadMe API key", "rdme_[0-9a-z]{70}"),
            ("dropbox-token", "Dropbox short-lived token", "sl\\.[0-9A-Za-z_-]{130,240}"),
            ("settlemint-token", "SettleMint access token", "sm_(aat|pat|sat)_[0-9A-Za-z]{16}"),
            ("pagerduty-key", "PagerDuty API key", "pdus\\+_[0-9A-Za-z]{8}_[0-9a-f-]{36}"),
        )
    ),
)
