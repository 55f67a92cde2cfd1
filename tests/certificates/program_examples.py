"""Small certificates about bounds, sets and programs, for `certificate_examples`.

The discrete system x1 -> 3/10 x1, x2 -> -x1 + 1/2 x2 + 7/18 x1^2 (Ahmadi and Parrilo, "Non-monotonic Lyapunov functions
for stability of discrete time nonlinear and switched systems", 2008) is stable, but no quadratic V shows it: the
coefficient of x1^4 in V - V(f) is -(7/18)^2 times that of x2^2 in V.
"""

_HEAD = '{"format": "nsos-certificate/1", "kind": '
_QUADRATIC = "[[2, 0], [1, 1], [0, 2]]"
_FREE = '"inequalities": [], "products": [], "equalities": []'
_LARGEST = f""""variables": ["x", "y"], "unknowns": [{{"name": "a", "monomials": [[0, 0]]}}],
    "constraints": [{{"name": "form", "kind": "sos",
        "target": [["1", [2, 0], null], ["1", [0, 2], null], ["1", [1, 1], [0, 0]]], {_FREE}}}],
    "objective": {{"sense": "maximize", "terms": [["1", [0, 0]]], "constant": "0"}},"""

TEXTS = {
    "lower_bound": _HEAD
    + """"lower_bound", "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["2", [1, 0]], ["1", [0, 2]]],
    "bound": "-1", "point": ["-1", "0"],
    "blocks": [{"basis": [[1, 0], [0, 1], [0, 0]], "denominator": "1",
                "gram": [[0, 0, "1"], [0, 2, "1"], [1, 1, "1"], [2, 2, "1"]]}]}""",
    "lower_bound without a point": _HEAD
    + """"lower_bound", "variables": ["x"], "polynomial": [["1", [4]]], "bound": "-1/2", "point": null,
    "blocks": [{"basis": [[2]], "denominator": "1", "gram": [[0, 0, "1"]]},
               {"basis": [[0]], "denominator": "2", "gram": [[0, 0, "1"]]}]}""",
    # x^2 + y^2 - 2 = (x - y)^2 / 2 + (x + y + 2) / 2 (x + y - 2)
    "lower_bound_on_set": _HEAD
    + """"lower_bound_on_set", "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["1", [0, 2]]], "bound": "2",
    "inequalities": [[["1", [1, 0]]], [["1", [0, 1]]]], "products": [[0], [0, 1]],
    "equalities": [[["1", [1, 0]], ["1", [0, 1]], ["-2", [0, 0]]]],
    "identity": {"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "2",
                             "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]},
                            {"multiplier": 1, "basis": [[0, 0]], "denominator": "1", "gram": []}],
                 "cofactors": [[["1/2", [1, 0]], ["1/2", [0, 1]], ["1", [0, 0]]]]},
    "point": ["1", "1"]}""",
    # x + 1 = (1 + x)^2 / 2 + (1 - x^2) / 2
    "lower_bound_on_set with a multiplier": _HEAD
    + """"lower_bound_on_set", "variables": ["x"], "polynomial": [["1", [1]]], "bound": "-1",
    "inequalities": [[["-1", [2]], ["1", [0]]]], "products": [[0]], "equalities": [],
    "identity": {"blocks": [{"multiplier": -1, "basis": [[1], [0]], "denominator": "2",
                             "gram": [[0, 0, "1"], [0, 1, "1"], [1, 1, "1"]]},
                            {"multiplier": 0, "basis": [[0]], "denominator": "2", "gram": [[0, 0, "1"]]}],
                 "cofactors": []}, "point": null}""",
    "empty_set": _HEAD
    + """"empty_set", "variables": ["x"], "inequalities": [[["1", [1]]], [["-1", [1]], ["-1", [0]]]],
    "products": [[0], [1]], "equalities": [],
    "identity": {"blocks": [{"multiplier": 0, "basis": [[0]], "denominator": "1", "gram": [[0, 0, "1"]]},
                            {"multiplier": 1, "basis": [[0]], "denominator": "1", "gram": [[0, 0, "1"]]}],
                 "cofactors": []}}""",
    "empty_set of an equation": _HEAD
    + """"empty_set", "variables": ["x"], "inequalities": [], "products": [],
    "equalities": [[["1", [2]], ["1", [0]]]],
    "identity": {"blocks": [{"multiplier": -1, "basis": [[1]], "denominator": "1", "gram": [[0, 0, "1"]]}],
                 "cofactors": [[["-1", [0]]]]}}""",
    "program": _HEAD
    + f""""program", {_LARGEST} "values": [["2"]],
    "identities": [{{"blocks": [{{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "1",
        "gram": [[0, 0, "1"], [0, 1, "1"], [1, 1, "1"]]}}], "cofactors": []}}]}}""",
    # V = 2 x^2 + 3 y^2; on the set 3 - V = y^2 + 3 (1 - x^2 - y^2) + (x + y) (x - y)
    "program on a set": _HEAD
    + f""""program", "variables": ["x", "y"],
    "unknowns": [{{"name": "V", "monomials": [[2, 0], [0, 2]]}}, {{"name": "gamma", "monomials": [[0, 0]]}}],
    "constraints": [
      {{"name": "positive", "kind": "sos", "target": [["1", [2, 0], [0, 0]], ["1", [0, 2], [0, 1]],
          ["-1", [2, 0], null], ["-1", [0, 2], null]], {_FREE}}},
      {{"name": "bounded", "kind": "sos",
        "target": [["1", [0, 0], [1, 0]], ["-1", [2, 0], [0, 0]], ["-1", [0, 2], [0, 1]]],
        "inequalities": [[["1", [0, 0]], ["-1", [2, 0]], ["-1", [0, 2]]], [["1", [1, 0]]]],
        "products": [[0], [1, 0, 0]], "equalities": [[["1", [1, 0]], ["-1", [0, 1]]]]}},
      {{"name": "tied", "kind": "zero", "target": [["3", [0, 0], [0, 0]], ["-2", [0, 0], [0, 1]]], {_FREE}}}],
    "objective": {{"sense": "minimize", "terms": [["1", [1, 0]]], "constant": "1/2"}},
    "values": [["2", "3"], ["3"]],
    "identities": [
      {{"blocks": [{{"multiplier": -1, "basis": [[1, 0], [0, 1]], "range": [["1", "0"], ["0", "1"]],
                     "denominator": "1", "gram": [[0, 0, "1"], [1, 1, "2"]]}}], "cofactors": []}},
      {{"blocks": [{{"multiplier": 0, "basis": [[0, 0]], "denominator": "2", "gram": [[0, 0, "5"]]}},
                   {{"multiplier": -1, "basis": [[0, 1]], "denominator": "1", "gram": [[0, 0, "1"]]}},
                   {{"multiplier": 0, "basis": [[0, 0]], "denominator": "2", "gram": [[0, 0, "1"]]}},
                   {{"multiplier": 1, "basis": [[0, 0]], "denominator": "1", "gram": []}}],
        "cofactors": [[["1", [1, 0]], ["1", [0, 1]]]]}},
      {{"blocks": [], "cofactors": []}}]}}""",
    "infeasible_program": _HEAD
    + f""""infeasible_program", "variables": ["x", "y"], "unknowns": [{{"name": "s", "monomials": [[0, 0]]}}],
    "constraints": [{{"name": "form", "kind": "sos", {_FREE},
        "target": [["1", [2, 0], [0, 0]], ["-1", [0, 2], null]]}}],
    "objective": null, "bases": [{{"squares": [[[1, 0], [0, 1]]], "cofactors": []}}],
    "functionals": [[["1", [0, 2]]]]}}""",
    "no quadratic Lyapunov function": _HEAD
    + f""""infeasible_program", "variables": ["x1", "x2"], "unknowns": [{{"name": "V", "monomials": {_QUADRATIC}}}],
    "constraints": [
      {{"name": "positive", "kind": "sos", "target": [["1", [2, 0], [0, 0]], ["1", [1, 1], [0, 1]],
          ["1", [0, 2], [0, 2]], ["-1/100", [2, 0], null], ["-1/100", [0, 2], null]], {_FREE}}},
      {{"name": "decrease", "kind": "sos", "target": [
          ["91/100", [2, 0], [0, 0]], ["3/10", [2, 0], [0, 1]], ["-1", [2, 0], [0, 2]],
          ["17/20", [1, 1], [0, 1]], ["1", [1, 1], [0, 2]], ["3/4", [0, 2], [0, 2]],
          ["-7/60", [3, 0], [0, 1]], ["7/9", [3, 0], [0, 2]], ["-7/18", [2, 1], [0, 2]],
          ["-49/324", [4, 0], [0, 2]], ["-1/100", [2, 0], null], ["-1/100", [0, 2], null]], {_FREE}}}],
    "objective": null,
    "bases": [{{"squares": [[[1, 0], [0, 1]]], "cofactors": []}},
              {{"squares": [[[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]], "cofactors": []}}],
    "functionals": [[["49/324", [0, 2]]], [["1", [4, 0]]]]}}""",
    # b / 2 = a >= x on a set that holds x = 1, and -b >= 0; L_1 is the value at x = 1
    "infeasible_program on a set": _HEAD
    + f""""infeasible_program", "variables": ["x"],
    "unknowns": [{{"name": "a", "monomials": [[0]]}}, {{"name": "b", "monomials": [[0]]}}],
    "constraints": [
      {{"name": "above", "kind": "sos", "target": [["1", [0], [0, 0]], ["-1", [1], null]],
        "inequalities": [[["1", [0]], ["-1", [2]]]], "products": [[0], [0, 0]],
        "equalities": [[["1", [2]], ["-1", [1]]]]}},
      {{"name": "sign", "kind": "sos", "target": [["-1", [0], [1, 0]]], {_FREE}}},
      {{"name": "tied", "kind": "zero", "target": [["2", [0], [0, 0]], ["-1", [0], [1, 0]]], {_FREE}}}],
    "objective": null,
    "bases": [{{"squares": [[[0], [1]], [[0]], [[0]]], "cofactors": [[[0], [1]]]}},
              {{"squares": [[[0]]], "cofactors": []}}, []],
    "functionals": [[["1", [0]], ["1", [1]], ["1", [2]], ["1", [3]], ["1", [4]]], [["1/2", [0]]], [["-1/2", [0]]]]}}""",
    "program_bound": _HEAD
    + f""""program_bound", {_LARGEST} "bases": [{{"squares": [[[1, 0], [0, 1]]], "cofactors": []}}],
    "functionals": [[["1", [2, 0]], ["-1", [1, 1]], ["1", [0, 2]]]], "bound": "2"}}""",
    # 2 gamma + 1, where gamma >= x on [-1, 1]
    "program_bound from below": _HEAD
    + """"program_bound", "variables": ["x"], "unknowns": [{"name": "gamma", "monomials": [[0]]}],
    "constraints": [{"name": "above", "kind": "sos", "target": [["1", [0], [0, 0]], ["-1", [1], null]],
        "inequalities": [[["1", [0]], ["-1", [2]]]], "products": [[0]], "equalities": []}],
    "objective": {"sense": "minimize", "terms": [["2", [0, 0]]], "constant": "1"},
    "bases": [{"squares": [[[0], [1]], [[0]]], "cofactors": []}],
    "functionals": [[["2", [0]], ["2", [1]], ["2", [2]]]], "bound": "5/2"}""",
}
