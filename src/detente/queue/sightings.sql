-- Every record that spoke of a finding or stated something of it, oldest first. In: rows, reports, aliases, wanted (place, vuln, asset)
SELECT r.report, r.tool, r.kind, r.state, r.severity, r.derived, r.score, r.version, r.location, r.line, r.author, r.reason, r.ids, r.related,
       r.component, r.asset_name, r.title, r.fixed, coalesce(r.seen, p.at) AS seen
FROM rows AS r
JOIN reports AS p ON p.report = r.report
LEFT JOIN aliases AS a ON a.vuln = r.vuln
JOIN wanted AS w ON w.vuln = coalesce(a.canonical, r.vuln)
WHERE (r.kind BETWEEN 1 AND 7 AND r.place = w.place)
   OR (r.kind = 8 AND r.asset IN (0, w.asset) AND r.item IN (SELECT s.item FROM rows AS s WHERE s.place = w.place))
   OR (r.kind = 8 AND r.asset = w.asset AND r.item = 0)
ORDER BY p.rank, r.tool, r.location, r.line, r.version
