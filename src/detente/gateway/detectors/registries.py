"""Package registries and build systems: the right to publish what others install, or to change what is built.

npm's tokens end with a CRC-32 as GitHub's do. PyPI's are macaroons that begin with the registry's name in base64.
"""

from detente.gateway.checksums import crc62, with_crc62
from detente.gateway.rule import Detector, token, tokens

_NPM = token("npm-token", "npm access token", "npm_[0-9A-Za-z]{36}", crc62, complete=with_crc62)
_OTHERS = tokens(
    (
        ("pypi-token", "PyPI upload token", "pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50,240}"),
        ("pypi-test-token", "TestPyPI upload token", "pypi-AgENdGVzdC5weXBpLm9yZw[0-9A-Za-z_-]{50,240}"),
        ("rubygems-token", "RubyGems API key", "rubygems_[0-9a-f]{48}"),
        ("docker-pat", "Docker Hub personal access token", "dckr_pat_[0-9A-Za-z_-]{27}"),
        ("docker-oat", "Docker Hub organisation access token", "dckr_oat_[0-9A-Za-z_-]{32}"),
        ("cargo-token", "crates.io API token", "cio[0-9A-Za-z]{32}"),
        ("nuget-key", "NuGet API key", "oy2[0-9a-z]{43}"),
        ("artifactory-key", "Artifactory API key", "AKCp[0-9A-Za-z]{69}"),
        ("artifactory-reference", "Artifactory reference token", "cmVmdGtu[0-9A-Za-z]{56}"),
        ("clojars-token", "Clojars deploy token", "CLOJARS_[0-9a-f]{60}"),
        ("packagist-token", "Packagist organisation or user token", "packagist_[ou][ru]t_[0-9a-f]{68}"),
        ("circleci-pat", "CircleCI personal token", "CCIPAT_[0-9A-Za-z]{22}_[0-9a-f]{40}"),
        ("circleci-project", "CircleCI project token", "CCIPRJ_[0-9A-Za-z]{22}_[0-9a-f]{40}"),
        ("buildkite-token", "Buildkite user access token", "bkua_[0-9a-f]{40}"),
        ("harness-token", "Harness access token", "(pat|sat)\\.[0-9A-Za-z_-]{22}\\.[0-9a-f]{24}\\.[0-9A-Za-z]{20}"),
        ("octopus-key", "Octopus Deploy API key", "API-[0-9A-Z]{32}"),
        ("sonar-token", "SonarQube token", "sq[uap]_[0-9a-f]{40}"),
        ("prefect-token", "Prefect API key", "pn[ub]_[0-9A-Za-z]{36}"),
        ("terraform-cloud-token", "HCP Terraform token", "[0-9A-Za-z]{14}\\.atlasv1\\.[0-9A-Za-z_=-]{60,70}"),
        ("pulumi-token", "Pulumi access token", "pul-[0-9a-f]{40}"),
        ("scalr-token", "Scalr token", "at-[0-9a-z]{12}-[0-9A-Za-z]{40}"),
        ("expo-token", "Expo robot token", "ExponentPushToken\\[[0-9A-Za-z_-]{22}\\]"),
        ("unkey-root", "Unkey root key", "unkey_[0-9A-Za-z]{22,32}"),
        ("zuplo-key", "Zuplo API key", "zpka_[0-9a-z]{32}_[0-9a-f]{8}"),
    )
)
DETECTOR = Detector("secrets", (_NPM, *_OTHERS))
