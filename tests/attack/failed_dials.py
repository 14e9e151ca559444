"""Sixty dead backends, asked ten times a second each: memory levels off."""
from kit import *

with Balancer([f'http://127.0.0.1:{20_000 + i}' for i in range(60)], '-health-interval', '100ms') as g:
    time.sleep(20)
    before = g.rss()
    time.sleep(30)
    check('18,000 refused dials cost under 6 MB', g.rss() - before < 6, f'{before} MB, then {g.rss()} MB')
finish()
