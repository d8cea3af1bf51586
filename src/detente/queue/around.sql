-- Every open finding of the assets that some findings are on, factor by factor: what telling a price anew needs.
-- In: priced, findings, vulns, picked (place, vuln). Out: asset, vuln, kind, h0, reach, closed
SELECT p.asset, p.vuln, p.kind, coalesce(p.reach, 1.0) AS reach, k.place IS NOT NULL AS closed,
       CASE WHEN p.kind = 7 THEN 0.0 WHEN f.exploited THEN greatest(v.h0, 0.0025) ELSE v.h0 END AS h0
FROM priced AS p
JOIN (SELECT DISTINCT q.asset FROM priced AS q JOIN picked AS m ON m.place = q.place AND m.vuln = q.vuln) AS t ON t.asset = p.asset
JOIN findings AS f ON f.place = p.place AND f.vuln = p.vuln
JOIN vulns AS v ON v.vuln = p.vuln
LEFT JOIN picked AS k ON k.place = p.place AND k.vuln = p.vuln
ORDER BY p.asset, p.place, p.vuln
