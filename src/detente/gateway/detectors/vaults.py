"""Secret stores, identity and networks: one of these opens all others.

HashiCorp Vault's prefixes are those of its documentation, "Tokens"; age keys are Bech32 (age-encryption.org/v1).
"""

from detente.gateway.rule import Detector, tokens

DETECTOR = Detector(
    "secrets",
    tokens(
        (
            ("vault-service-token", "HashiCorp Vault service token", "hvs\\.[0-9A-Za-z_-]{24,200}"),
            ("vault-batch-token", "HashiCorp Vault batch token", "hvb\\.[0-9A-Za-z_-]{100,240}"),
            ("vault-recovery-token", "HashiCorp Vault recovery token", "hvr\\.[0-9A-Za-z_-]{24,200}"),
            ("doppler-personal", "Doppler personal token", "dp\\.pt\\.[0-9A-Za-z]{40,44}"),
            ("doppler-service", "Doppler service token", "dp\\.st\\.[0-9a-z_-]{2,35}\\.[0-9A-Za-z]{40,44}"),
            ("doppler-cli", "Doppler CLI token", "dp\\.ct\\.[0-9A-Za-z]{40,44}"),
            ("doppler-scim", "Doppler SCIM token", "dp\\.scim\\.[0-9A-Za-z]{40,44}"),
            ("doppler-audit", "Doppler audit token", "dp\\.audit\\.[0-9A-Za-z]{40,44}"),
            ("onepassword-service", "1Password service account token", "ops_eyJ[0-9A-Za-z+/=_-]{150,240}"),
            (
                "onepassword-key",
                "1Password secret key",
                "A3-[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}",
            ),
            ("infisical-token", "Infisical service token", "st\\.[0-9a-f]{24}\\.[0-9a-f]{32}\\.[0-9a-f]{32}"),
            ("age-key", "age secret key", "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
            ("tailscale-key", "Tailscale auth key", "tskey-auth-[0-9A-Za-z]{10,20}-[0-9A-Za-z]{20,40}"),
            ("tailscale-api", "Tailscale API token", "tskey-api-[0-9A-Za-z]{10,20}-[0-9A-Za-z]{20,40}"),
            ("tailscale-client", "Tailscale client secret", "tskey-client-[0-9A-Za-z]{10,20}-[0-9A-Za-z]{20,40}"),
            ("defined-key", "Defined Networking key", "dnkey-[0-9A-Z]{26}-[0-9A-Z]{52}"),
            ("adobe-secret", "Adobe OAuth client secret", "p8e-[0-9A-Za-z_-]{32}"),
            ("stytch-secret", "Stytch secret", "secret-(live|test)-[0-9A-Za-z_=-]{36}"),
            ("endor-key", "Endor Labs key", "endr\\+[0-9A-Za-z-]{16}"),
            ("maxmind-key", "MaxMind licence key", "[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk"),
            ("intra42-secret", "42 intra client secret", "s-s4t2(ud|af)-[0-9a-f]{64}"),
            ("onfido-token", "Onfido live token", "api_live\\.[0-9A-Za-z_-]{11}\\.[0-9A-Za-z_-]{32}"),
        )
    ),
)
