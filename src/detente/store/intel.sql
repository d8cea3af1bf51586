-- One row per CVE with everything known at $as_of; nothing dated later is read, an unknown stays NULL.
-- Tables given by store/intel.py: epss (one snapshot), kev (one listing), facts and evidence (every state at hand). Each row
-- carries its state: `source`, `listed` (the day its content was known), `place` (0 is the state to be believed first) and
-- `newest` (no later list of this source was known at $as_of).
WITH catalogue AS (
    SELECT cve, min(added) AS added, bool_or(ransomware) AS ransomware, max(listed) AS listed
    FROM kev
    WHERE added <= $as_of
    GROUP BY cve
),
told AS (
    SELECT
        cve,
        min(published) AS published,
        arg_min({'score': base_score, 'vector': base_vector}, place)
            FILTER (base_score IS NOT NULL AND coalesce(base_at <= $as_of, TRUE)) AS base,
        arg_min(assigner, place) FILTER (assigner IS NOT NULL) AS assigner,
        arg_min(state, place) FILTER (state IS NOT NULL AND listed <= $as_of) AS state,
        arg_max({'exploitation': ssvc_exploitation, 'automatable': ssvc_automatable, 'impact': ssvc_impact}, ssvc_at)
            FILTER (ssvc_at <= $as_of) AS ssvc
    FROM facts
    GROUP BY cve
),
facts_then AS (
    SELECT * FROM told WHERE published IS NULL OR published <= $as_of
),
-- A dated entry stays known; an undated listing counts in the newest list only.
seen AS (
    SELECT cve, source, least(first_seen, listed) AS since
    FROM evidence
    WHERE least(first_seen, listed) <= $as_of AND (first_seen IS NOT NULL OR newest)
),
proof AS (
    SELECT
        cve,
        min(since) FILTER (source = 'exploitdb') AS exploitdb,
        min(since) FILTER (source = 'metasploit') AS metasploit,
        min(since) FILTER (source = 'nuclei') AS nuclei,
        min(since) FILTER (source = 'poc') AS poc,
        -- Another listing counts only where it is newer than the catalogue itself.
        min(since) FILTER (source = 'cisa_kev' AND since > coalesce((SELECT max(listed) FROM kev), DATE '0001-01-01')) AS listing
    FROM seen
    GROUP BY cve
),
known AS (
    SELECT cve FROM epss
    UNION SELECT cve FROM catalogue
    UNION SELECT cve FROM facts_then
    UNION SELECT cve FROM proof
)
SELECT
    cve,
    epss.epss,
    epss.percentile,
    coalesce(catalogue.added, proof.listing) AS kev_added,
    CASE WHEN catalogue.listed <= $as_of THEN catalogue.ransomware END AS ransomware,
    facts_then.published,
    facts_then.base.score AS base_score,
    facts_then.base.vector AS base_vector,
    facts_then.assigner,
    facts_then.state,
    facts_then.ssvc.exploitation AS ssvc_exploitation,
    facts_then.ssvc.automatable AS ssvc_automatable,
    facts_then.ssvc.impact AS ssvc_impact,
    proof.exploitdb,
    proof.metasploit,
    proof.nuclei,
    proof.poc
FROM known
LEFT JOIN epss USING (cve)
LEFT JOIN catalogue USING (cve)
LEFT JOIN facts_then USING (cve)
LEFT JOIN proof USING (cve)
-- A CVE published later did not exist yet, unless it was already known exploited.
ANTI JOIN (SELECT cve FROM told WHERE published > $as_of AND cve NOT IN (SELECT cve FROM catalogue)) USING (cve)
ORDER BY cve
