-- The finding of a number, open or not. In: rows, aliases, asked (number). Out: place, vuln, asset
SELECT DISTINCT r.place, coalesce(a.canonical, r.vuln) AS vuln, r.asset
FROM rows AS r
LEFT JOIN aliases AS a ON a.vuln = r.vuln
JOIN asked AS q ON xor(r.place, coalesce(a.canonical, r.vuln)) = q.number
WHERE r.kind BETWEEN 1 AND 7
