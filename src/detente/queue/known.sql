-- Every finding the rows speak of as open, whatever became of it since.
-- In: rows, aliases. Out: place, vuln
SELECT DISTINCT r.place, coalesce(a.canonical, r.vuln) AS vuln
FROM rows AS r
LEFT JOIN aliases AS a ON a.vuln = r.vuln
WHERE r.kind BETWEEN 1 AND 7 AND r.state = 0
