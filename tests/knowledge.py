"""Small feeds as their publishers write them, for the tests of intelligence."""

import json
from pathlib import Path

EPSS = """#model_version:v2023.03.01,score_date:2024-03-04T00:00:00+0000
cve,epss,percentile
CVE-2023-0001,0.0135,0.85
CVE-2023-0002,4e-05,0.02
CVE-2023-0003,0.9,0.99
CVE-2024-0004,0.002,0.5
"""

KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2024.03.04",
    "dateReleased": "2024-03-04T15:00:00.0000Z",
    "count": 1,
    "vulnerabilities": [
        {
            "cveID": "CVE-2023-0003",
            "vendorProject": "Acme",
            "product": "Gate",
            "vulnerabilityName": " Acme Gate Bypass ",
            "dateAdded": "2024-01-10",
            "dueDate": "2024-01-31",
            "knownRansomwareCampaignUse": "Known",
            "cwes": ["CWE-287"],
        }
    ],
}

FACTS = """cve,published,base_score,base_vector,assigner,state
CVE-2023-0001,2024-02-03,9.8,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,cna@acme.example,PUBLISHED
CVE-2023-0002,2023-06-01,7.5,CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N,cna@acme.example,PUBLISHED
CVE-2023-0003,2023-12-01,9.8,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,cna@gate.example,PUBLISHED
CVE-2024-0009,2024-06-01,9.8,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,cna@gate.example,PUBLISHED
"""

FLAGS = """cve,metasploit_2024_03_01,nuclei_2024_03_01,poc_github_2024_03_01,exploitdb_2024_03_01
CVE-2023-0001,False,False,True,False
CVE-2023-0003,True,True,True,True
"""


def feeds(folder: Path) -> Path:
    """A folder with one file of each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "epss_scores-2024-03-04.csv").write_text(EPSS)
    (folder / "kev.json").write_text(json.dumps(KEV))
    (folder / "facts.csv").write_text(FACTS)
    (folder / "flags.csv").write_text(FLAGS)
    return folder
