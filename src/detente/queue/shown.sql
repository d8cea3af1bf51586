-- The findings of some fixes with price, vulnerability and details side by side.
-- In: priced, wanted (service, remedy), vulns, details. Out: one row per finding
SELECT p.service, p.remedy, p.kev, p.h, p.loss, p.loss_month, v.name AS vulnerability_name, v.cve, v.h0, v.known, v.published,
       v.exploitation, v.basis, v.kev_added, v.automatable, v.total, v.score AS known_score, v.vector AS known_vector, d.*
FROM priced AS p
JOIN wanted AS w ON w.service = p.service AND w.remedy = p.remedy
JOIN vulns AS v ON v.vuln = p.vuln
JOIN details AS d ON d.place = p.place AND d.vuln = p.vuln
