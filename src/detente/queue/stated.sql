-- The newest statement of somebody about each weakness of a component. In: rows, reports, aliases. Out: one row per statement
WITH told AS (
    SELECT r.asset_name, r.component, r.version, r.vulnerability, r.ids, r.state, r.reason, r.author, coalesce(r.seen, p.at) AS seen,
           row_number() OVER (
               PARTITION BY r.asset, r.item, coalesce(a.canonical, r.vuln), coalesce(r.version, '')
               ORDER BY coalesce(r.seen, p.at) DESC, p.rank DESC, r.state DESC
           ) AS recency
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind = 8
)
SELECT asset_name, component, version, vulnerability, ids, state, reason, author, seen
FROM told
WHERE recency = 1 AND state BETWEEN 1 AND 3
ORDER BY vulnerability, component, asset_name, version
