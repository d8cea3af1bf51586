"""Code hosts: access tokens of GitHub, GitLab, Bitbucket, Azure DevOps and their like.

GitHub ends its tokens with a CRC-32 (github.blog/engineering, "Behind GitHub's new authentication token formats"): a token that passes is
certain. GitLab's prefixes are those of its documentation, "Token overview".
"""

from detente.gateway.checksums import crc62, with_crc62
from detente.gateway.rule import Detector, token, tokens

_GITHUB = tuple(
    token(f"github-{name}", f"GitHub {title}", f"gh{letter}_[0-9A-Za-z]{{36}}", crc62, complete=with_crc62)
    for letter, name, title in (
        *(("p", "pat", "personal access token (classic)"), ("o", "oauth", "OAuth token")),
        *(
            ("u", "user", "user-to-server token"),
            ("s", "server", "installation token"),
            ("r", "refresh", "refresh token"),
        ),
    )
)
_GITLAB = tuple(
    token(f"gitlab-{name}", f"GitLab {title}", f"{prefix}-[0-9A-Za-z_-]{{20,64}}")
    for prefix, name, title in (
        ("glpat", "pat", "personal, project or group access token"),
        ("gldt", "deploy", "deploy token"),
        ("glrt", "runner", "runner authentication token"),
        ("glcbt", "job", "CI/CD job token"),
        ("glptt", "trigger", "pipeline trigger token"),
        ("glft", "feed", "feed token"),
        ("glimt", "mail", "incoming mail token"),
        ("glagent", "agent", "agent token for Kubernetes"),
        ("gloas", "oauth", "OAuth application secret"),
        ("glsoat", "scim", "SCIM token"),
        ("glffct", "flags", "feature flags client token"),
        ("glwt", "workspace", "workspace token"),
    )
)
_OTHERS = tokens(
    (
        ("github-fine-grained", "GitHub fine-grained access token", "github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"),
        ("gitlab-runner-registration", "GitLab runner registration token", "GR1348941[0-9A-Za-z_-]{20}"),
        ("bitbucket-app-password", "Bitbucket app password", "ATBB[0-9A-Za-z]{24}[0-9A-F]{8}"),
        ("bitbucket-access-token", "Bitbucket repository or workspace token", "ATCTT3xFfG[0-9A-Za-z_=-]{160,230}"),
        ("atlassian-api-token", "Atlassian API token", "ATATT3xFfG[0-9A-Za-z_=-]{160,230}"),
        ("azure-devops-pat", "Azure DevOps personal access token", "[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4}"),
        ("sourcegraph-token", "Sourcegraph access token", "sgp_[0-9a-f]{40}"),
        ("sourcegraph-instance-token", "Sourcegraph access token", "sgp_[0-9a-f]{16}_[0-9a-f]{40}"),
        ("sourcegraph-local-token", "Sourcegraph access token", "sgp_local_[0-9a-f]{40}"),
    )
)
DETECTOR = Detector("secrets", (*_GITHUB, *_GITLAB, *_OTHERS))
