-- What is known of every vulnerability in the reports, by the name of its alias group.
-- In:  rows, aliases (vuln, canonical, name), scored (cve, h0, hazard_class, epss, kev_added, exploitation, automatable, total)
-- Out: vuln, name, cve (the worst of several), h0 (null: not scored), epss (the highest of several), hazard_class, kev, known, threat, timeline bits, vector, score, severity
WITH told AS (
    SELECT coalesce(a.canonical, r.vuln) AS vuln,
           coalesce(max(a.name), max(CASE WHEN r.canonical LIKE 'CVE-%' THEN r.canonical END), max(r.canonical)) AS name,
           max(r.related) AS related, max(r.score) AS score, max(r.vector) AS vector, max(r.severity) AS severity,
           bool_or(r.exploited) AS exploited
    FROM rows AS r
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind BETWEEN 1 AND 7
    GROUP BY coalesce(a.canonical, r.vuln)
),
candidates AS (
    SELECT t.vuln, t.name AS cve FROM told AS t
    UNION ALL
    SELECT t.vuln, u.cve
    FROM (SELECT vuln, unnest(string_split(related, ' ')) AS cve FROM told WHERE name NOT LIKE 'CVE-%' AND related LIKE '%CVE-%') AS u
    JOIN told AS t ON t.vuln = u.vuln
),
ranked AS (
    SELECT c.vuln, s.cve, s.h0, s.hazard_class, s.kev_added, s.exploitation, s.automatable, s.total, s.published,
           max(s.epss) OVER (PARTITION BY c.vuln) AS epss,
           row_number() OVER (PARTITION BY c.vuln ORDER BY s.h0 DESC, s.cve) AS place
    FROM candidates AS c
    JOIN scored AS s ON s.cve = c.cve
)
SELECT t.vuln, t.name, t.score, t.vector, t.severity, t.exploited, t.related, r.cve, r.h0, r.epss, r.hazard_class, r.kev_added,
       r.exploitation, r.automatable, r.total, r.published
FROM told AS t
LEFT JOIN ranked AS r ON r.vuln = t.vuln AND r.place = 1
