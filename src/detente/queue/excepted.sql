-- What is true now of the findings under exceptions; one that is no longer open is not in it.
-- In: priced, vulns, assets, excepted (exception, finding). Out: one row per exception and open finding
SELECT e.exception, e.finding, p.service, p.remedy, p.kev, p.known, v.h0, v.epss, a.service_name, p.loss_month
FROM excepted AS e
JOIN priced AS p ON xor(p.place, p.vuln) = e.finding
JOIN vulns AS v ON v.vuln = p.vuln
JOIN assets AS a ON a.asset = p.asset
