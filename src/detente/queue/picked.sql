-- Which findings belong to some fixes. In: priced, wanted (service, remedy). Out: place, vuln
SELECT p.place, p.vuln
FROM priced AS p
JOIN wanted AS w ON w.service = p.service AND w.remedy = p.remedy
