-- Everything a person is shown of some findings: the newest record of each, and its whole history in a row.
-- In:  rows, reports (report, rank, at, triaged), aliases, picked (place, vuln)
-- A patch of a component comes out once: the first day that any report states for it counts on every asset.
-- Out: one row per picked finding
WITH sightings AS (
    SELECT k.place, k.vuln, r.item, r.asset_name, r.component, r.name, r.version, r.ecosystem, r.vulnerability, r.ids, r.related, r.action,
           r.title, r.severity, r.derived, r.score, r.vector, r.fixed, r.location, r.line, r.tool, r.state, r.author, r.reason, r.kind,
           p.rank, coalesce(r.seen, p.at) AS seen, p.triaged AS looked,
           row_number() OVER (
               PARTITION BY k.place, k.vuln
               ORDER BY p.rank DESC, r.severity DESC, r.tool, r.version, r.location, r.line, r.vulnerability, r.title, r.score DESC,
                        r.vector, r.fixed, r.ids, r.related, r.name, r.ecosystem, r.state, r.author, r.reason  -- no tie left to chance
           ) AS recency
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    JOIN picked AS k ON k.place = r.place AND k.vuln = coalesce(a.canonical, r.vuln)
    WHERE r.kind BETWEEN 1 AND 7
),
history AS (
    SELECT place, vuln, min(seen) AS first_seen, max(seen) AS last_seen, min(looked) AS triaged,
           array_to_string(list_sort(list_distinct(array_agg(tool))), ' ') AS tools,
           array_to_string(list_sort(list_distinct(array_agg(version))), ' ') AS versions,
           array_to_string(list_sort(list_distinct(array_agg(ids))), ' ') AS every_id,
           array_to_string(list_sort(list_distinct(array_agg(fixed))), '||') AS every_fix
    FROM sightings
    GROUP BY place, vuln
),
patches AS (
    SELECT r.item, coalesce(a.canonical, r.vuln) AS vuln, min(r.released) AS released
    FROM rows AS r
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.released IS NOT NULL AND r.item <> 0
    GROUP BY r.item, coalesce(a.canonical, r.vuln)
)
SELECT s.*, x.released, h.first_seen, h.last_seen, h.triaged, h.tools, h.versions, h.every_id, h.every_fix
FROM sightings AS s
JOIN history AS h ON h.place = s.place AND h.vuln = s.vuln
LEFT JOIN patches AS x ON x.item = s.item AND x.vuln = s.vuln
WHERE s.recency = 1
