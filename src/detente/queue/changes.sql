-- What one report changed. In: before, after (open findings without and with it), known (ever seen without it), mine (its own).
-- Out: one row of counts
SELECT (SELECT count(*) FROM mine AS m WHERE NOT EXISTS (SELECT 1 FROM known AS k WHERE k.place = m.place AND k.vuln = m.vuln)) AS new,
       (SELECT count(*) FROM mine AS m JOIN before AS b ON b.place = m.place AND b.vuln = m.vuln) AS seen,
       (SELECT count(*) FROM mine AS m
        JOIN known AS k ON k.place = m.place AND k.vuln = m.vuln
        JOIN after AS a ON a.place = m.place AND a.vuln = m.vuln
        WHERE NOT EXISTS (SELECT 1 FROM before AS b WHERE b.place = m.place AND b.vuln = m.vuln)) AS reopened,
       (SELECT count(*) FROM before AS b WHERE NOT EXISTS (SELECT 1 FROM after AS a WHERE a.place = b.place AND a.vuln = b.vuln)) AS fixed
