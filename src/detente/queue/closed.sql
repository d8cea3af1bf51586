-- What was open once and is not now, if it ended since a moment: when, by which word, on whose authority. The first word counts that
-- closed it: a complete report of its last scope that does not show it (state 1, fixed), or what somebody stated.
-- In:  rows, reports, aliases, findings, period (since)
-- Out: place, vuln, asset, remedy, ended, verdict, source, ground, report
WITH sighted AS (
    SELECT r.place, coalesce(a.canonical, r.vuln) AS vuln, r.scope, max(r.asset) AS asset, max(r.item) AS item,
           max(r.remedy) AS remedy, max(p.rank) AS rank
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind BETWEEN 1 AND 7 AND r.state = 0
    GROUP BY r.place, coalesce(a.canonical, r.vuln), r.scope
),
looks AS (
    SELECT r.scope, p.rank, bool_or(coalesce(r.fixable, FALSE)) AS complete
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    WHERE r.kind = 0
    GROUP BY r.scope, p.rank
),
followed AS (
    SELECT scope, rank, min(CASE WHEN complete THEN rank END) OVER (
               PARTITION BY scope ORDER BY rank ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
           ) AS silence
    FROM looks
),
gone AS (
    SELECT s.place, s.vuln, max(s.asset) AS asset, max(s.item) AS item, max(s.remedy) AS remedy,
           CASE WHEN count(*) = count(f.silence) THEN max(f.silence) END AS silence
    FROM sighted AS s
    LEFT JOIN followed AS f ON f.scope = s.scope AND f.rank = s.rank
    WHERE NOT EXISTS (SELECT 1 FROM findings AS o WHERE o.place = s.place AND o.vuln = s.vuln)
    GROUP BY s.place, s.vuln
),
statements AS (
    SELECT r.asset, r.item, coalesce(a.canonical, r.vuln) AS vuln, r.state, r.report, r.tool, r.author, r.reason,
           coalesce(r.seen, p.at) AS at,
           row_number() OVER (
               PARTITION BY r.asset, r.item, coalesce(a.canonical, r.vuln), coalesce(r.version, '')
               ORDER BY coalesce(r.seen, p.at) DESC, p.rank DESC, r.state DESC
           ) AS recency
    FROM rows AS r
    JOIN reports AS p ON p.report = r.report
    LEFT JOIN aliases AS a ON a.vuln = r.vuln
    WHERE r.kind = 8
),
words AS (
    SELECT g.place, g.vuln, p.at, 1 AS verdict, l.tool AS source, '' AS ground, p.report
    FROM gone AS g
    JOIN reports AS p ON p.rank = g.silence
    JOIN (SELECT report, max(tool) AS tool FROM rows WHERE kind = 0 GROUP BY report) AS l ON l.report = p.report
    UNION ALL
    SELECT g.place, g.vuln, s.at, s.state AS verdict, coalesce(s.author, s.tool) AS source, coalesce(s.reason, '') AS ground, s.report
    FROM gone AS g
    JOIN statements AS s ON s.vuln = g.vuln AND s.recency = 1 AND s.state BETWEEN 1 AND 3
                        AND (s.item = g.item AND s.asset IN (g.asset, 0) OR s.item = 0 AND s.asset = g.asset)
),
firsts AS (
    SELECT w.*, row_number() OVER (
               PARTITION BY w.place, w.vuln ORDER BY w.at, w.verdict DESC, w.source, w.ground, w.report
           ) AS turn
    FROM words AS w
)
SELECT g.place, g.vuln, g.asset, g.remedy, f.at AS ended, f.verdict, f.source, f.ground, f.report
FROM gone AS g
JOIN firsts AS f ON f.place = g.place AND f.vuln = g.vuln AND f.turn = 1
JOIN period AS t ON f.at >= t.since
