-- Which reports ever showed each picked finding. In: rows, aliases, picked (place, vuln). Out: place, vuln, report
SELECT DISTINCT k.place, k.vuln, r.report
FROM rows AS r
LEFT JOIN aliases AS a ON a.vuln = r.vuln
JOIN picked AS k ON k.place = r.place AND k.vuln = coalesce(a.canonical, r.vuln)
WHERE r.kind BETWEEN 1 AND 7
