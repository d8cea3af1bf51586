-- Some open findings with everything their price is made of. In: priced, findings, vulns, assets, picked (place, vuln)
SELECT p.place, p.vuln, p.asset, p.remedy, p.service, p.kind, p.severity, p.reach, p.known, p.h, p.total, p.loss_month, p.urgency,
       p.always, v.name, v.h0, v.basis, v.kev, v.kev_added, v.exploitation, v.automatable, v.total AS total_impact, v.cve,
       f.exploited, f.sightings, a.name AS asset_name, a.service_name
FROM priced AS p
JOIN picked AS k ON k.place = p.place AND k.vuln = p.vuln
JOIN findings AS f ON f.place = p.place AND f.vuln = p.vuln
JOIN vulns AS v ON v.vuln = p.vuln
JOIN assets AS a ON a.asset = p.asset
ORDER BY p.loss_month DESC, p.place, p.vuln
