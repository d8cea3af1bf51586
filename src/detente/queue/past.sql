-- Findings that have ended, in the shape of shown.sql without their service: they cost nothing any more.
-- In: closed, vulns, details. Out: one row per closed finding
SELECT c.remedy, c.ended, c.verdict, c.source, c.ground, c.report, v.kev, 0.0 AS h, 0.0 AS loss, CAST(0 AS DECIMAL(18, 6)) AS loss_month,
       v.name AS vulnerability_name, v.cve, v.h0, v.known, v.published, v.exploitation, v.basis, v.kev_added, v.automatable,
       v.total, v.score AS known_score, v.vector AS known_vector, d.*
FROM closed AS c
JOIN vulns AS v ON v.vuln = c.vuln
JOIN details AS d ON d.place = c.place AND d.vuln = c.vuln
