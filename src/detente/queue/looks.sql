-- What every report that looked at a finding's scopes showed of it, oldest first; `complete` reports close what they do not show.
-- In: rows, reports, aliases, wanted (place, vuln). Out: rank, report, at, scope, tool, complete, shown
WITH sighted AS (
    SELECT r.scope, r.report, bool_or(r.state = 0) AS shown
    FROM rows AS r
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    JOIN wanted AS w ON w.place = r.place AND w.vuln = coalesce(a.canonical, r.vuln)
    WHERE r.kind BETWEEN 1 AND 7
    GROUP BY r.scope, r.report
),
looked AS (
    SELECT r.scope, r.report, max(r.tool) AS tool, bool_or(coalesce(r.fixable, FALSE)) AS complete
    FROM rows AS r
    JOIN (SELECT DISTINCT scope FROM sighted) AS s ON s.scope = r.scope
    WHERE r.kind = 0
    GROUP BY r.scope, r.report
)
SELECT p.rank, l.report, p.at, l.scope, l.tool, l.complete, coalesce(s.shown, FALSE) AS shown
FROM looked AS l
JOIN reports AS p ON p.report = l.report
LEFT JOIN sighted AS s ON s.scope = l.scope AND s.report = l.report
ORDER BY p.rank, l.tool, l.scope
