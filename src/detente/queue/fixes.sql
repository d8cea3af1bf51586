-- Fixes by money per month: one action on one service, worth what all its findings' assets lose less together.
-- exp(-total) * (exp(weight) - 1) is written so that small weights lose no digits and large ones overflow nothing:
-- 1 - exp(-w) = 2 t / (1 + t) with t = tanh(w / 2).
-- In:  priced, terms (scale, share)
-- Out: service, remedy, findings, assets, severity, kev, known, urgency, always, loss_month, position, escalated
WITH parts AS (
    SELECT service, remedy, asset, sum(weight) AS weight, max(total) AS total, max(loss) AS loss, count(*) AS findings,
           max(severity) AS severity, bool_or(kev) AS kev, bool_or(known) AS known, max(urgency) AS urgency, bool_or(always) AS always
    FROM priced
    GROUP BY service, remedy, asset
),
halved AS (
    SELECT p.*, tanh(CAST(weight AS DOUBLE) / 2.0) AS half FROM parts AS p
),
fixes AS (
    SELECT service, remedy, CAST(sum(findings) AS BIGINT) AS findings, count(*) AS assets, max(severity) AS severity,
           bool_or(kev) AS kev, bool_or(known) AS known, max(urgency) AS urgency, bool_or(always) AS always,
           sum(CAST(CAST(floor(loss * exp(CAST(weight - total AS DOUBLE)) * (2.0 * half / (1.0 + half)) * 1e6 + 0.5) AS DECIMAL(18, 0))
                    * 0.000001 AS DECIMAL(18, 6))) AS loss_month
    FROM halved
    GROUP BY service, remedy
),
ranked AS (
    SELECT f.*, row_number() OVER (ORDER BY f.loss_month DESC, f.service, f.remedy) AS position, count(*) OVER () AS fixes
    FROM fixes AS f
)
SELECT r.service, r.remedy, r.findings, r.assets, r.severity, r.kev, r.known, r.urgency, r.always, r.loss_month, r.position,
       (r.position <= ceil(t.share * r.fixes) OR r.always) AS escalated
FROM ranked AS r
CROSS JOIN terms AS t
