"""Clouds and platforms: what starts machines, reads buckets and pays the bill.

Azure marks the keys of its services inside the base64 (Microsoft, "Common Annotated Security Keys" and its forerunners): the four letters
tell the service. AWS key ids are defined in the IAM user guide, "Unique identifiers".
"""

from detente.gateway.rule import Detector, tokens

_B64 = "[0-9A-Za-z+/]"
DETECTOR = Detector(
    "secrets",
    (
        *tokens(
            (
                ("aws-access-key-id", "AWS access key id", "A(KIA|SIA|BIA|CCA)[A-Z2-7]{16}"),
                ("aws-bedrock-key", "Amazon Bedrock API key", "ABSK[0-9A-Za-z+/]{109,240}"),
                ("google-api-key", "Google API key", "AIza[0-9A-Za-z_-]{35}"),
                ("google-oauth-secret", "Google OAuth client secret", "GOCSPX-[0-9A-Za-z_-]{28}"),
                ("google-access-token", "Google OAuth access token", "ya29\\.[0-9A-Za-z_-]{40,220}"),
                ("google-refresh-token", "Google OAuth refresh token", "1//0[0-9A-Za-z_-]{40,120}"),
                ("azure-client-secret", "Entra ID client secret", "[0-9A-Za-z_~.-]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}"),
                ("azure-storage-key", "Azure storage account key", _B64 + "{76}\\+ASt" + _B64 + "{5}[AQgw]=="),
                ("azure-cosmos-key", "Azure Cosmos DB key", _B64 + "{76}ACDb" + _B64 + "{5}[AQgw]=="),
                ("azure-batch-key", "Azure Batch key", _B64 + "{76}\\+ABa" + _B64 + "{5}[AQgw]=="),
                (
                    "azure-servicebus-key",
                    "Azure Service Bus key",
                    _B64 + "{33}\\+ASb" + _B64 + "{5}[048AEIMQUYcgkosw]=",
                ),
                ("azure-eventhub-key", "Azure Event Hubs key", _B64 + "{33}\\+AEh" + _B64 + "{5}[048AEIMQUYcgkosw]="),
                ("azure-iothub-key", "Azure IoT Hub key", _B64 + "{33}AIoT" + _B64 + "{5}[048AEIMQUYcgkosw]="),
                ("azure-function-key", "Azure Functions key", "[0-9A-Za-z_-]{44}AzFu[0-9A-Za-z_-]{5}[AQgw]=="),
                ("azure-search-key", "Azure AI Search key", "[0-9A-Za-z]{42}AzSe[A-D][0-9A-Za-z]{5}"),
                ("azure-redis-key", "Azure Cache for Redis key", "[0-9A-Za-z]{33}AzCa[A-P][0-9A-Za-z]{5}="),
                ("azure-registry-key", "Azure Container Registry key", "[0-9A-Za-z+/]{42}\\+ACR[A-D][0-9A-Za-z+/]{5}"),
                ("digitalocean-pat", "DigitalOcean access token", "dop_v1_[0-9a-f]{64}"),
                ("digitalocean-oauth", "DigitalOcean OAuth token", "doo_v1_[0-9a-f]{64}"),
                ("digitalocean-refresh", "DigitalOcean refresh token", "dor_v1_[0-9a-f]{64}"),
                ("alibaba-key-id", "Alibaba Cloud access key id", "LTAI[0-9A-Za-z]{20}"),
                ("tencent-key-id", "Tencent Cloud secret id", "AKID[0-9A-Za-z]{32}"),
                ("yandex-key", "Yandex Cloud API key", "AQVN[0-9A-Za-z_-]{35,38}"),
                ("yandex-secret", "Yandex Cloud static secret", "YC[0-9A-Za-z_-]{38}"),
                ("scaleway-key-id", "Scaleway access key", "SCW[0-9A-Z]{17}"),
                ("heroku-key", "Heroku API key", "HRKU-AA[0-9A-Za-z_-]{58}"),
                ("fly-token", "Fly.io access token", "fo1_[0-9A-Za-z_-]{43}"),
                ("fly-macaroon", "Fly.io macaroon", "fm[12][ar]?_[0-9A-Za-z+/=_-]{100,240}"),
                ("render-key", "Render API key", "rnd_[0-9A-Za-z]{32}"),
                ("netlify-token", "Netlify access token", "nfp_[0-9A-Za-z]{36}"),
                ("supabase-token", "Supabase access token", "sbp_[0-9a-f]{40}"),
                ("supabase-secret", "Supabase secret key", "sb_secret_[0-9A-Za-z_-]{31}"),
                ("planetscale-token", "PlanetScale service token", "pscale_tkn_[0-9A-Za-z_.=-]{32,64}"),
                ("planetscale-password", "PlanetScale password", "pscale_pw_[0-9A-Za-z_.=-]{32,64}"),
                ("planetscale-oauth", "PlanetScale OAuth token", "pscale_oauth_[0-9A-Za-z_.=-]{32,64}"),
                ("neon-key", "Neon API key", "napi_[0-9a-z]{64}"),
                ("aiven-password", "Aiven service password", "AVNS_[0-9A-Za-z_-]{18,24}"),
                ("cloudflare-origin-key", "Cloudflare origin CA key", "v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
                ("vercel-blob", "Vercel Blob read-write token", "vercel_blob_rw_[0-9A-Za-z]{16}_[0-9A-Za-z]{30}"),
                ("akamai-token", "Akamai EdgeGrid token", "akab-[0-9a-z]{16}-[0-9a-z]{16}"),
                ("openshift-token", "OpenShift user token", "sha256~[0-9A-Za-z_-]{43}"),
            )
        ),
    ),
)
