"""Secrets and look-alikes in configuration files of many formats, drawn anew for each seed: what the detectors were not written at."""

import string
from collections.abc import Iterator
from random import Random

WORDS = b"river copper lantern orbit meadow falcon ticket marble harbor pepper violet winter engine cactus planet shadow".split()
USERS = ("billing", "svc_orders", "app", "reporter", "etl")
HOSTS = ("db01.corp.local", "10.20.3.8", "mq.prod.internal", "cache-2.acme.io", "pg.eu-west.acme.net")
FORMATS = (
    "DB_PASSWORD={}\n",
    "export MYSQL_PWD='{}'\n",
    "spring.datasource.password={}\n",
    "  postgres_password: {}\n",
    '  "smtpPassword": "{}",\n',
    'ftp_pass = "{}"\n',
    "define('DB_PASSWORD', '{}');\n",
    "$config['db']['passwd'] = '{}';\n",
    'conn = connect(host="db", user="app", password="{}")\n',
    "<password>{}</password>\n",
    'ADMIN_PASSWORD: "{}"\n',
    "      - POSTGRES_PASSWORD={}\n",
    "requirepass_secret = {}\n",
    "mysqldump --password {} crm > crm.sql\n",
    "CREATE ROLE etl LOGIN PASSWORD '{}';\n",
    "machine ftp.corp.local login etl password {}\n",
)
KEYS = (
    'api_key = "{}"\n',
    "SECRET_KEY={}\n",
    '"client_secret": "{}"\n',
    "auth_token: {}\n",
    'private final String apiToken = "{}";\n',
)
ADDRESSES = (
    "DATABASE_URL=postgresql://{user}:{secret}@{host}:5432/crm\n",
    'url = "mongodb+srv://{user}:{secret}@{host}/?retryWrites=true"\n',
    "  broker: amqp://{user}:{secret}@{host}:5672/\n",
    "redis://:{secret}@{host}:6379/0\n",
    "git clone https://{user}:{secret}@{host}/team/repo.git\n",
    "Server={host};Database=crm;User Id={user};Password={secret};\n",
)
HARMLESS = (
    "password = os.environ['DB_PASSWORD']\n",
    "DB_PASSWORD=${{VAULT_DB_PASSWORD}}\n",
    "password: {{{{ .Values.db.password }}}}\n",
    'password = getpass("Password: ")\n',
    'form.password.label = "Your password"\n',
    "def reset_password(self, password: str | None = None) -> None:\n",
    'const token = await fetchToken("{word}");\n',
    "secret_name: {word}-{word2}-credentials\n",
    'token_url = "https://{host}/oauth/token"\n',
    "api_key: !vault {word}/api\n",
    'raise ValueError("password must have {number} characters")\n',
    "sha256 = {digest}\n",
    '"integrity": "sha512-{digest}"\n',
    "commit {commit}\n",
    "id: {uuid}\n",
    "DATABASE_URL=postgres://user:password@localhost/db\n",
    "https://{host}/a@b/c:{number}\n",
    "cache_key = f'{word}:{{user_id}}'\n",
    "PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']\n",
    "password = data.get('password')\n",
    "tokenizer = Tokenizer.from_pretrained('{word}-base-{number}')\n",
    "passwordField.setText({word}.getPassword())\n",
    "token: ${{{{ secrets.GITHUB_TOKEN }}}}\n",
    '<input type="password" name="password" placeholder="Password">\n',
)


def password(random: Random) -> str:
    """As people and generators make them: random characters, words with digits and signs, a word alone, hexadecimal."""
    word = random.choice(WORDS).decode()
    return random.choice(
        (
            _some(random, string.ascii_letters + string.digits, random.randint(8, 20)),
            _some(random, string.ascii_letters + string.digits + "!#%*+-.=?^_", random.randint(10, 18)),
            f"{word.title()}{random.randint(1, 2031)}{random.choice('!?#')}",
            f"{word}{random.randint(10, 9999)}",
            f"{word}-{random.choice(WORDS).decode()}-{random.randint(10, 99)}",
            _some(random, string.ascii_lowercase, random.randint(8, 12)),
            _some(random, "0123456789abcdef", 32),
        )
    )


def _some(random: Random, signs: str, size: int) -> str:
    return "".join(random.choices(signs, k=size))


def lines(seed: int, count: int) -> Iterator[tuple[str, str, str]]:
    """(family, line, secret), the secret empty on a line that holds none; as many lines of each of the four families."""
    random = Random(seed)
    for _ in range(count):
        secret, user, host = password(random), random.choice(USERS), random.choice(HOSTS)
        key = _some(random, string.ascii_letters + string.digits, random.randint(20, 44))
        plain = _some(random, string.ascii_letters + string.digits, random.randint(8, 20))
        yield "passwords", random.choice(FORMATS).format(secret), secret
        yield "keys", random.choice(KEYS).format(key), key
        yield "URL credentials", random.choice(ADDRESSES).format(user=user, host=host, secret=plain), plain
        yield "harmless", random.choice(HARMLESS).format(**_fill(random, host)), ""


def _fill(random: Random, host: str) -> dict[str, str]:
    hexadecimal = {
        name: _some(random, "0123456789abcdef", size) for name, size in (("digest", 64), ("commit", 40), ("u", 32))
    }
    text = hexadecimal.pop("u")
    uuid = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    word, word2 = (random.choice(WORDS).decode() for _ in range(2))
    return {
        **hexadecimal,
        "uuid": uuid,
        "host": host,
        "word": word,
        "word2": word2,
        "number": str(random.randint(2, 99)),
    }
