-- Which tools looked at an asset, how often and when last. In: rows, reports, asked (number). Out: tool, reports, latest
SELECT r.tool, count(DISTINCT r.report) AS reports, max(p.at) AS latest
FROM rows AS r
JOIN reports AS p ON p.report = r.report
JOIN asked AS q ON q.number = r.asset
WHERE r.kind = 0
GROUP BY r.tool
ORDER BY r.tool
