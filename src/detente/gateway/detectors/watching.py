"""Monitoring, errors and analytics: what tells an attacker how the company's systems live.

Grafana ends its service account tokens with a CRC-32; the others are prefixes of the vendors' documentation.
"""

from detente.gateway.checksums import crc_hex, with_crc_hex
from detente.gateway.rule import Detector, token, tokens

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_GRAFANA = token(
    "grafana-service-token",
    "Grafana service account token",
    "glsa_[0-9A-Za-z]{32}_[0-9a-f]{8}",
    crc_hex,
    complete=with_crc_hex,
)
_OTHERS = tokens(
    (
        ("grafana-cloud-token", "Grafana Cloud access policy token", "glc_eyJ[0-9A-Za-z+/=]{40,240}"),
        ("newrelic-user-key", "New Relic user key", "NRAK-[0-9A-Z]{27}"),
        ("newrelic-insert-key", "New Relic insights key", "NRI[IQ]-[0-9A-Za-z_-]{32}"),
        ("newrelic-licence-key", "New Relic licence key", "[0-9a-f]{36}NRAL"),
        ("newrelic-browser-key", "New Relic browser key", "NRJS-[0-9a-f]{19}"),
        ("sentry-user-token", "Sentry user token", "sntryu_[0-9a-f]{64}"),
        ("sentry-org-token", "Sentry organisation token", "sntrys_eyJ[0-9A-Za-z+/=_-]{60,240}"),
        ("dynatrace-token", "Dynatrace token", "dt0[cs][0-9]{2}\\.[0-9A-Z]{24}\\.[0-9A-Z]{64}"),
        ("honeycomb-key", "Honeycomb ingest key", "hc[abc]ik_[0-9a-z]{58}"),
        ("posthog-key", "PostHog personal key", "phx_[0-9A-Za-z]{43,47}"),
        ("posthog-secret", "PostHog secure flags key", "phs_[0-9A-Za-z]{43,47}"),
        ("launchdarkly-sdk", "LaunchDarkly SDK key", "sdk-" + _UUID),
        ("launchdarkly-api", "LaunchDarkly API token", "api-" + _UUID),
        ("axiom-token", "Axiom API token", "xa[ap]t-" + _UUID),
        ("rootly-token", "Rootly token", "rootly_[0-9a-f]{64}"),
        ("checkly-key", "Checkly user key", "cu_[0-9a-f]{32}"),
        ("beamer-token", "Beamer token", "b_[0-9A-Za-z=_-]{44}"),
        ("datadog-app-key", "Datadog application key", "ddapp_[0-9A-Za-z]{34}"),
        ("mapbox-secret", "Mapbox secret token", "sk\\.eyJ1[0-9A-Za-z_-]{50,120}\\.[0-9A-Za-z_-]{22}"),
        ("nightfall-key", "Nightfall API key", "NF-[0-9A-Za-z]{32}"),
    )
)
DETECTOR = Detector("secrets", (_GRAFANA, *_OTHERS))
