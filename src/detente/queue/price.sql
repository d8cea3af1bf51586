-- What each open finding costs per month: h = min(1, s * h0 * exposure * reach * (1 - control)); hazards of one asset combine as
-- 1 - prod(1 - h), so a finding is worth what the asset's expected loss falls by when it alone is closed. Sums are exact.
-- In:  findings, assets (asset, service, factor, loss, exposure, tier, setting), controls (asset, kind, effect),
--      vulns (vuln, h0, kev, known, threat), terms (scale, share), ssvc (threat, setting, urgency), rules
-- Out: findings with service, kev, known, loss, h, weight = -ln(1 - h), the asset's total weight, loss_month, urgency, always
WITH hazards AS (
    SELECT f.place, f.vuln, f.asset, f.remedy, f.kind, f.severity, f.reach, f.sightings,
           a.service, a.loss, a.exposure, a.tier, v.kev, v.known OR f.exploited AS known, s.urgency,
           least(0.999999999999,
                 CASE WHEN f.kind = 7 THEN 0.0 ELSE t.scale END  -- a licence is an obligation, not a way in
                 * CASE WHEN f.exploited THEN greatest(v.h0, 0.0025) ELSE v.h0 END
                 * a.factor * coalesce(f.reach, 1.0) * (1.0 - coalesce(c.effect, 0.0))) AS h
    FROM findings AS f
    JOIN assets AS a ON a.asset = f.asset
    JOIN vulns AS v ON v.vuln = f.vuln
    JOIN ssvc AS s ON s.threat = v.threat AND s.setting = a.setting
    CROSS JOIN terms AS t
    LEFT JOIN controls AS c ON c.asset = f.asset AND c.kind = f.kind
),
weighed AS (
    -- rounded by floor, not by a cast: engines round a double to a decimal each in their own way
    SELECT h.*, CAST(CAST(floor(-ln(1.0 - h.h) * 1e15 + 0.5) AS DECIMAL(18, 0)) * 0.000000000000001 AS DECIMAL(18, 15)) AS weight
    FROM hazards AS h
),
totals AS (
    SELECT asset, sum(weight) AS total FROM weighed GROUP BY asset
)
SELECT w.place, w.vuln, w.asset, w.remedy, w.kind, w.severity, w.reach, w.sightings, w.service, w.kev, w.known, w.loss, w.h, w.weight,
       t.total, w.urgency,
       -- exp(weight) - 1 is h / (1 - h), which loses no digits of a small h
       CAST(CAST(floor(w.loss * exp(-CAST(t.total AS DOUBLE)) * (w.h / (1.0 - w.h)) * 1e6 + 0.5) AS DECIMAL(18, 0)) * 0.000001
            AS DECIMAL(18, 6)) AS loss_month,
       EXISTS (
           SELECT 1 FROM rules AS r
           WHERE (w.kev OR NOT r.kev) AND (w.known OR NOT r.exploited) AND w.severity >= r.severity AND w.urgency >= r.urgency
             AND (r.exposure = w.exposure OR r.exposure = -1) AND (r.tier = w.tier OR r.tier = -1)
       ) AS always
FROM weighed AS w
JOIN totals AS t ON t.asset = w.asset
