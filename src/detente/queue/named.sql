-- The open findings on an asset or of a vulnerability (under any of its ids), the dearest first.
-- In: priced, vulns, assets, aliases, asked (name, number). Out: one row per finding
SELECT p.place, p.vuln, p.asset, p.loss, p.weight, p.total, p.loss_month, v.name AS vulnerability, v.cve, a.name AS asset_name
FROM priced AS p
JOIN vulns AS v ON v.vuln = p.vuln
JOIN assets AS a ON a.asset = p.asset
CROSS JOIN asked AS q
LEFT JOIN aliases AS l ON l.vuln = q.number
WHERE p.asset = q.number OR v.cve = q.name OR p.vuln = coalesce(l.canonical, q.number)
ORDER BY p.loss_month DESC, p.place, p.vuln
