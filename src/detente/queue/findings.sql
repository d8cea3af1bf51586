-- Which findings are open: the latest word of every scope, one row per (place, vulnerability), less what was stated away.
-- A scope (tool, part of an asset) speaks with its last complete report and whatever came after; its silence closes the rest.
-- In:  rows (segments), reports (report, rank), aliases (vuln, canonical)
-- Out: place, vuln, asset, remedy, kind, severity, reach, exploited, sightings
WITH floors AS (
    SELECT r.scope, max(CASE WHEN r.fixable THEN p.rank ELSE 0 END) AS floor
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    WHERE r.kind = 0
    GROUP BY r.scope
),
live AS (
    SELECT r.place, coalesce(a.canonical, r.vuln) AS vuln, r.asset, r.item, r.remedy, r.kind, r.severity, r.reach, r.exploited,
           r.version
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    JOIN floors AS f ON f.scope = r.scope AND p.rank >= f.floor
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind BETWEEN 1 AND 7 AND r.state = 0
),
statements AS (
    SELECT r.asset, r.item, coalesce(a.canonical, r.vuln) AS vuln, coalesce(r.version, '') AS version, r.state,
           row_number() OVER (
               PARTITION BY r.asset, r.item, coalesce(a.canonical, r.vuln), coalesce(r.version, '')
               ORDER BY coalesce(r.seen, p.at) DESC, p.rank DESC, r.state DESC
           ) AS recency
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind = 8
),
closed AS (
    SELECT asset, item, vuln, version FROM statements WHERE recency = 1 AND state BETWEEN 1 AND 3
)
SELECT l.place, l.vuln, max(l.asset) AS asset, max(l.remedy) AS remedy, max(l.kind) AS kind, max(l.severity) AS severity,
       max(l.reach) AS reach, bool_or(l.exploited) AS exploited, count(*) AS sightings
FROM live AS l
WHERE NOT EXISTS (
        SELECT 1 FROM closed AS c
        WHERE c.vuln = l.vuln AND c.item = l.item AND c.asset = l.asset AND c.version = '')
  AND NOT EXISTS (
        SELECT 1 FROM closed AS c
        WHERE c.vuln = l.vuln AND c.item = l.item AND c.asset = l.asset AND c.version = l.version AND c.version <> '')
  AND NOT EXISTS (SELECT 1 FROM closed AS c WHERE c.vuln = l.vuln AND c.item = l.item AND c.asset = 0 AND c.version = '')
  AND NOT EXISTS (
        SELECT 1 FROM closed AS c
        WHERE c.vuln = l.vuln AND c.item = l.item AND c.asset = 0 AND c.version = l.version AND c.version <> '')
  AND NOT EXISTS (SELECT 1 FROM closed AS c WHERE c.vuln = l.vuln AND c.item = 0 AND c.asset = l.asset)
GROUP BY l.place, l.vuln
