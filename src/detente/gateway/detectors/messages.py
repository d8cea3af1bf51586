"""Chat, mail and telephony: to speak in the company's name.

Formats as in the documentation of Slack ("Token types"), Discord, Telegram ("Bot API"), Twilio, SendGrid and others.
"""

from detente.gateway.rule import Detector, tokens

DETECTOR = Detector(
    "secrets",
    tokens(
        (
            ("slack-bot", "Slack bot token", "xoxb-[0-9]{10,13}-[0-9]{10,13}-[0-9A-Za-z]{24}"),
            ("slack-legacy-bot", "Slack bot token (old)", "xoxb-[0-9]{8,14}-[0-9A-Za-z]{18,26}"),
            ("slack-user", "Slack user token", "xox[pars]-[0-9]{8,13}-[0-9]{8,13}-[0-9]{8,13}-[0-9A-Za-z]{28,34}"),
            ("slack-legacy", "Slack legacy token", "xox[ops]-[0-9]{8,12}-[0-9]{8,12}-[0-9]{8,12}-[0-9a-f]{10,32}"),
            ("slack-refresh", "Slack refresh token", "xoxe-1-[0-9A-Za-z]{140,180}"),
            ("slack-config", "Slack configuration token", "xoxe\\.xox[bp]-1-[0-9A-Za-z]{160,180}"),
            ("slack-app", "Slack app-level token", "xapp-1-A[0-9A-Z]{8,12}-[0-9]{10,14}-[0-9a-f]{64}"),
            (
                "slack-webhook",
                "Slack incoming webhook",
                "hooks\\.slack\\.com/services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24}",
            ),
            ("discord-webhook", "Discord webhook", "discord\\.com/api/webhooks/[0-9]{17,20}/[0-9A-Za-z_-]{60,72}"),
            (
                "teams-webhook",
                "Microsoft Teams webhook",
                "\\.webhook\\.office\\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}",
            ),
            ("twilio-key", "Twilio API key", "SK[0-9a-f]{32}"),
            ("sendgrid-key", "SendGrid API key", "SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}"),
            ("mailgun-key", "Mailgun key", "key-[0-9a-f]{32}"),
            ("mailchimp-key", "Mailchimp API key", "[0-9a-f]{32}-us[0-9]{1,2}"),
            ("brevo-key", "Brevo API key", "xkeysib-[0-9a-f]{64}-[0-9A-Za-z]{16}"),
            ("brevo-smtp", "Brevo SMTP key", "xsmtpsib-[0-9a-f]{64}-[0-9A-Za-z]{16}"),
            ("resend-key", "Resend API key", "re_[0-9A-Za-z]{8}_[0-9A-Za-z]{24}"),
            ("mailersend-token", "MailerSend token", "mlsn\\.[0-9a-f]{64}"),
            ("onesignal-key", "OneSignal API key", "os_v2_app_[a-z2-7]{100,120}"),
            ("klaviyo-key", "Klaviyo private key", "pk_[0-9a-f]{34}"),
            ("facebook-token", "Facebook access token", "EAA[CM][0-9A-Za-z]{100,240}"),
            ("twitter-bearer", "X (Twitter) bearer token", "AAAAAAAAAAAAAAAAAAAAA[0-9A-Za-z%]{80,120}"),
            (
                "firebase-server-key",
                "Firebase cloud messaging server key",
                "AAAA[0-9A-Za-z_-]{7}:APA91b[0-9A-Za-z_-]{134}",
            ),
            *(("telegram-bot", "Telegram bot token", f"[0-9]{{{size}}}:AA[0-9A-Za-z_-]{{33}}") for size in (8, 9, 10)),
            *(
                (
                    "discord-bot",
                    "Discord bot token",
                    f"[MNO][0-9A-Za-z_-]{{{size}}}\\.[0-9A-Za-z_-]{{6}}\\.[0-9A-Za-z_-]{{27,38}}",
                )
                for size in (23, 25, 27)
            ),
        )
    ),
)
