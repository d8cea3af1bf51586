"""Makers and hosts of language models: keys that spend money by the token.

Formats as shown by the consoles and SDKs of the vendors. OpenAI's keys hold the base64 of its name (`T3BlbkFJ`).
"""

from detente.gateway.rule import Detector, tokens

DETECTOR = Detector(
    "secrets",
    tokens(
        (
            ("openai-key", "OpenAI user key", "sk-[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}"),
            ("openai-project-key", "OpenAI project key", "sk-proj-[0-9A-Za-z_-]{74}T3BlbkFJ[0-9A-Za-z_-]{74}"),
            ("openai-short-project-key", "OpenAI project key", "sk-proj-[0-9A-Za-z_-]{20,180}"),
            ("openai-service-key", "OpenAI service account key", "sk-svcacct-[0-9A-Za-z_-]{40,180}"),
            ("openai-admin-key", "OpenAI admin key", "sk-admin-[0-9A-Za-z_-]{40,180}"),
            ("anthropic-key", "Anthropic API key", "sk-ant-api03-[0-9A-Za-z_-]{90,100}"),
            ("anthropic-admin-key", "Anthropic admin key", "sk-ant-admin01-[0-9A-Za-z_-]{90,100}"),
            ("anthropic-oauth", "Anthropic OAuth token", "sk-ant-oat01-[0-9A-Za-z_-]{80,110}"),
            ("huggingface-token", "Hugging Face access token", "hf_[0-9A-Za-z]{34}"),
            ("huggingface-org-token", "Hugging Face organisation token", "api_org_[A-Za-z]{34}"),
            ("replicate-token", "Replicate API token", "r8_[0-9A-Za-z]{37}"),
            ("groq-key", "Groq API key", "gsk_[0-9A-Za-z]{52}"),
            ("perplexity-key", "Perplexity API key", "pplx-[0-9A-Za-z]{48}"),
            ("xai-key", "xAI API key", "xai-[0-9A-Za-z]{80}"),
            ("openrouter-key", "OpenRouter key", "sk-or-v1-[0-9a-f]{64}"),
            ("together-key", "Together AI key", "tgp_v1_[0-9A-Za-z_-]{43}"),
            ("fireworks-key", "Fireworks AI key", "fw_[0-9A-Za-z]{24}"),
            ("nvidia-key", "NVIDIA API key", "nvapi-[0-9A-Za-z_-]{64}"),
            ("cerebras-key", "Cerebras API key", "csk-[0-9a-z]{48}"),
            ("deepseek-key", "DeepSeek API key", "sk-[0-9a-f]{32}"),
            ("langsmith-key", "LangSmith API key", "lsv2_(pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
            (
                "langfuse-key",
                "Langfuse secret key",
                "sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            ),
            ("pinecone-key", "Pinecone API key", "pcsk_[0-9A-Za-z]{5}_[0-9A-Za-z]{63}"),
            ("elevenlabs-key", "ElevenLabs API key", "sk_[0-9a-f]{48}"),
            ("tavily-key", "Tavily API key", "tvly-[0-9A-Za-z-]{32,40}"),
            ("jina-key", "Jina AI key", "jina_[0-9a-f]{32}[0-9A-Za-z_-]{27}"),
            ("e2b-key", "E2B API key", "e2b_[0-9a-f]{40}"),
            ("llamacloud-key", "LlamaCloud key", "llx-[0-9A-Za-z]{48}"),
            ("firecrawl-key", "Firecrawl key", "fc-[0-9a-f]{32}"),
            ("cursor-key", "Cursor API key", "key_[0-9a-f]{64}"),
            ("apify-token", "Apify API token", "apify_api_[0-9A-Za-z]{36}"),
            ("modal-id", "Modal token", "a[ks]-[0-9A-Za-z]{22}"),
            ("runpod-key", "RunPod API key", "rpa_[0-9A-Z]{40,48}"),
            ("databricks-token", "Databricks access token", "dapi[0-9a-f]{32}"),
            ("voyage-key", "Voyage AI key", "pa-[0-9A-Za-z_-]{43}"),
        )
    ),
)
