"""Payment and commerce: keys that move money. Test-mode keys count too, less sure: they open the sandbox only.

Prefixes as in the vendors' documentation of API keys: Stripe, Square, PayPal's Braintree, Shopify and others.
"""

from detente.gateway.rule import Detector, token, tokens

_TEST = tuple(
    token(name, title, form, sure=0.7)
    for name, title, form in (
        ("stripe-test-key", "Stripe test key", "[sr]k_test_[0-9A-Za-z]{24,120}"),
        ("flutterwave-test-key", "Flutterwave test key", "FLWSECK_TEST-[0-9a-h]{12,36}"),
        ("easypost-test-key", "EasyPost test key", "EZTK[0-9A-Za-z]{54}"),
        ("razorpay-test-key", "Razorpay test key id", "rzp_test_[0-9A-Za-z]{14}"),
    )
)
DETECTOR = Detector(
    "secrets",
    (
        *tokens(
            (
                ("stripe-key", "Stripe live key", "[sr]k_live_[0-9A-Za-z]{24,120}"),
                ("stripe-webhook", "Stripe webhook signing secret", "whsec_[0-9A-Za-z+/]{32,48}"),
                ("square-access", "Square access token", "sq0atp-[0-9A-Za-z_-]{22}"),
                ("square-secret", "Square OAuth secret", "sq0csp-[0-9A-Za-z_-]{43}"),
                ("square-token", "Square access token", "EAAA[0-9A-Za-z_-]{60}"),
                (
                    "braintree-token",
                    "Braintree access token",
                    "access_token\\$production\\$[0-9a-z]{16}\\$[0-9a-f]{32}",
                ),
                ("plaid-token", "Plaid access token", "access-production-[0-9a-f]{8}-[0-9a-f-]{27}"),
                ("razorpay-key", "Razorpay key id", "rzp_live_[0-9A-Za-z]{14}"),
                ("flutterwave-key", "Flutterwave secret key", "FLWSECK-[0-9A-Za-z]{32}-X"),
                ("mollie-key", "Mollie live key", "live_[0-9A-Za-z]{30}"),
                ("gocardless-token", "GoCardless live token", "live_[0-9A-Za-z_=-]{40}"),
                ("easypost-key", "EasyPost API key", "EZAK[0-9A-Za-z]{54}"),
                ("shippo-token", "Shippo token", "shippo_(live|test)_[0-9a-f]{40}"),
                ("duffel-token", "Duffel token", "duffel_(live|test)_[0-9A-Za-z_=-]{43}"),
                ("paddle-key", "Paddle API key", "pdl_live_apikey_[0-9a-z]{26}_[0-9A-Za-z]{22}_[0-9A-Za-z]{3}"),
                ("shopify-token", "Shopify admin token", "shpat_[0-9a-fA-F]{32}"),
                ("shopify-custom", "Shopify custom app token", "shpca_[0-9a-fA-F]{32}"),
                ("shopify-private", "Shopify private app password", "shppa_[0-9a-fA-F]{32}"),
                ("shopify-secret", "Shopify shared secret", "shpss_[0-9a-fA-F]{32}"),
                ("ramp-secret", "Ramp client secret", "ramp_sec_[0-9A-Za-z]{48}"),
                ("lob-key", "Lob API key", "live_[0-9a-f]{35}"),
                ("persona-key", "Persona API key", "persona_production_[0-9a-f]{8}-[0-9a-f-]{27}"),
            )
        ),
        *_TEST,
    ),
)
