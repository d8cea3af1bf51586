-- One open finding with everything its price is made of. In: priced, vulns, assets, wanted (place, vuln)
SELECT p.place, p.vuln, p.asset, p.remedy, p.service, p.kind, p.severity, p.reach, p.h, p.total, p.loss_month, p.urgency, p.always,
       v.name, v.h0, v.basis, v.kev, v.known, v.kev_added, v.exploitation, v.automatable, v.total AS total_impact, v.exploited,
       v.cve, a.name AS asset_name, a.service_name
FROM priced AS p
JOIN wanted AS w ON w.place = p.place AND w.vuln = p.vuln
JOIN vulns AS v ON v.vuln = p.vuln
JOIN assets AS a ON a.asset = p.asset
