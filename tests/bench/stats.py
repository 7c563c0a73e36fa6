"""Medians, spreads and the tables that scripts/bench prints."""

import statistics


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """Half the distance between the quartiles, the part of the figure that is noise."""
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2


def ratio(numerators, denominators):
    """Of the medians, as a reader of the table would divide them."""
    return median(numerators) / median(denominators) if median(denominators) else None


def ratio_spread(numerators, denominators):
    """Of the ratios round by round."""
    return spread([a / b for a, b in zip(numerators, denominators) if b > 0])


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def verdict(name, value, limit, unit="", digits=2, spread=None):
    """One target: the printed line and its record."""
    if value is None:
        return {"target": name, "limit": limit, "value": None, "verdict": "SKIPPED"}
    return {"target": name, "limit": limit, "unit": unit, "value": round(value, 4),
            "verdict": "PASS" if value <= limit else "FAIL", "digits": digits, "spread": spread}


def print_verdicts(verdicts):
    for v in verdicts:
        unit = f" {v['unit']}" if v.get("unit") else ""
        if v["value"] is None:
            print(f"  SKIPPED  {v['target']}, at most {v['limit']}{unit}: not measured")
        else:
            spread = "" if v["spread"] is None else f" ±{v['spread']:.{v['digits']}f}"
            print(f"  {v['verdict']:<7}  {v['target']}: {v['value']:.{v['digits']}f}{spread}{unit} (at most {v['limit']}{unit})")


def print_table(headings, rows):
    """Rows of texts; the first column left, the others right."""
    widths = [max(len(str(row[i])) for row in [headings, *rows]) for i in range(len(headings))]
    for row in [headings, ["-" * w for w in widths], *rows]:
        cells = [str(row[0]).ljust(widths[0])] + [str(c).rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())
