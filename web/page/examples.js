nsos.define("page/examples", () => {
  "use strict";

  /** Certificates to begin with: a title and the lines of the file. */
  const EXAMPLES = [
    {
      title: "A sum of squares in three variables",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x", "y", "z"], "polynomial": [["2", [4, 0, 0]], ["-1", [3, 0, 1]], ["1", [2, 2, 0]], ["-2", [1, 1, 2]], ["1", [0, 4, 0]], ["1", [0, 2, 2]], ["1", [0, 0, 4]], ["1", [2, 0, 0]], ["-1", [1, 1, 0]], ["2", [0, 2, 0]], ["-1", [0, 1, 1]], ["1", [0, 0, 2]], ["1", [1, 0, 0]], ["-1", [0, 0, 1]], ["2", [0, 0, 0]]], "blocks": [{"basis": [[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 2, 0], [0, 1, 1], [0, 0, 2], [1, 1, 0], [1, 0, 1], [2, 0, 0]], "denominator": "256", "gram": [[0, 0, "512"], [0, 1, "-128"], [0, 2, "128"], [0, 3, "256"], [0, 4, "-128"], [0, 5, "-33"], [0, 6, "-128"], [0, 7, "85"], [0, 8, "-52"], [1, 1, "322"], [1, 2, "-85"], [1, 6, "147"], [1, 7, "-9"], [1, 8, "-59"], [2, 2, "360"], [2, 4, "-147"], [2, 5, "9"], [2, 7, "59"], [3, 3, "256"], [3, 5, "-49"], [3, 7, "-13"], [3, 8, "-53"], [4, 4, "354"], [4, 6, "13"], [4, 7, "-171"], [4, 8, "20"], [5, 5, "256"], [5, 6, "-85"], [5, 8, "-158"], [6, 6, "362"], [6, 7, "-20"], [7, 7, "316"], [7, 8, "-128"], [8, 8, "512"]]}]}`,
      ],
    },
    {
      title: "The minimum of x^4 + y^4 - 4xy",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "lower_bound", "variables": ["x", "y"], "polynomial": [["1", [4, 0]], ["1", [0, 4]], ["-4", [1, 1]]], "bound": "-2", "point": ["-1", "-1"], "blocks": [{"basis": [[0, 0], [0, 2], [1, 1], [2, 0]], "denominator": "4096", "gram": [[0, 0, "8192"], [0, 1, "-2283"], [0, 2, "-3626"], [0, 3, "-2283"], [1, 1, "4096"], [1, 3, "-1813"], [2, 2, "3626"], [3, 3, "4096"]]}, {"basis": [[0, 1], [1, 0]], "denominator": "4096", "gram": [[0, 0, "4566"], [0, 1, "-4566"], [1, 1, "4566"]]}]}`,
      ],
    },
    {
      title: "Motzkin's polynomial is nonnegative",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "nonneg", "variables": ["x", "y"], "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]], "sos_multiplier": {"blocks": [{"basis": [[1, 0], [0, 1]], "denominator": "1", "gram": [[0, 0, "1"], [1, 1, "1"]]}]}, "product": {"blocks": [{"basis": [[1, 0], [1, 2], [3, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"basis": [[0, 1], [2, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"basis": [[3, 1], [1, 3], [1, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "1"], [0, 2, "-2"], [1, 1, "1"], [1, 2, "-2"], [2, 2, "4"]]}]}}`,
      ],
    },
    {
      title: "Motzkin's polynomial is no sum of squares",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "not_sos", "variables": ["x", "y"], "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]], "basis": [[0, 0], [1, 1], [2, 1], [1, 2]], "functional": [["1", [0, 0]], ["1/2", [1, 1]], ["1", [2, 2]], ["1/2", [4, 2]], ["1/2", [2, 4]], ["-1/3", [3, 3]]], "halfspaces": [["1", "-2"], ["-2", "1"], ["1", "1"]]}`,
      ],
    },
    {
      title: "Scheiderer's quartic, a sum of squares over the reals",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "sos_over_field", "variables": ["x", "y", "z"], "polynomial": [["1", [4, 0, 0]], ["1", [1, 3, 0]], ["1", [0, 4, 0]], ["-3", [2, 1, 1]], ["-4", [1, 2, 1]], ["2", [2, 0, 2]], ["1", [1, 0, 3]], ["1", [0, 1, 3]], ["1", [0, 0, 4]]], "field": {"minimal_polynomial": ["-1", "-4", "0", "1"], "interval": ["-2", "-1"]}, "blocks": [{"basis": [[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]], "gram": [[0, 0, ["1"]], [0, 3, ["0", "1/2"]], [0, 4, ["-1/2"]], [0, 5, ["-1", "0", "1/2"]], [1, 1, ["0", "-1"]], [1, 2, ["-1"]], [1, 3, ["1/2"]], [1, 4, ["0", "0", "-1/2"]], [1, 5, ["0", "1/2"]], [2, 2, ["4", "0", "-1"]], [2, 3, ["-2", "0", "1/2"]], [2, 4, ["0", "-1/2"]], [2, 5, ["1/2"]], [3, 3, ["1"]], [3, 5, ["0", "1/2", "0"]], [4, 4, ["0", "-1"]], [4, 5, ["1/2"]], [5, 5, ["1"]]]}]}`,
      ],
    },
    {
      title: "Scheiderer's quartic, no sum of rational squares",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "not_sos_over_q", "variables": ["x", "y", "z"], "polynomial": [["1", [4, 0, 0]], ["1", [1, 3, 0]], ["1", [0, 4, 0]], ["-3", [2, 1, 1]], ["-4", [1, 2, 1]], ["2", [2, 0, 2]], ["1", [1, 0, 3]], ["1", [0, 1, 3]], ["1", [0, 0, 4]]], "field": {"minimal_polynomial": ["-1", "0", "-4", "0", "0", "0", "1"], "interval": ["1", "2"]}, "zero": [["0", "2", "1/2", "0", "0", "-1/2"], ["0", "-1"], ["1"]], "basis": [[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]], "halfspaces": [["1", "1", "1"], ["-1", "-1", "-1"]], "functional": null}`,
      ],
    },
    {
      title: "The minimum of a polynomial on a set",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "lower_bound_on_set", "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["1", [0, 2]]], "bound": "2", "inequalities": [[["1", [1, 0]]], [["1", [0, 1]]]], "products": [[0], [0, 1]], "equalities": [[["1", [1, 0]], ["1", [0, 1]], ["-2", [0, 0]]]], "identity": {"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "2", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"multiplier": 1, "basis": [[0, 0]], "denominator": "1", "gram": []}], "cofactors": [[["1/2", [1, 0]], ["1/2", [0, 1]], ["1", [0, 0]]]]}, "point": ["1", "1"]}`,
      ],
    },
    {
      title: "No quadratic Lyapunov function exists",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "infeasible_program", "variables": ["x1", "x2"], "unknowns": [{"name": "V", "monomials": [[2, 0], [1, 1], [0, 2]]}], "constraints": [{"name": "positive", "kind": "sos", "target": [["1", [2, 0], [0, 0]], ["1", [1, 1], [0, 1]], ["1", [0, 2], [0, 2]], ["-1/100", [2, 0], null], ["-1/100", [0, 2], null]], "inequalities": [], "products": [], "equalities": []}, {"name": "decrease", "kind": "sos", "target": [["91/100", [2, 0], [0, 0]], ["3/10", [2, 0], [0, 1]], ["-1", [2, 0], [0, 2]], ["17/20", [1, 1], [0, 1]], ["1", [1, 1], [0, 2]], ["3/4", [0, 2], [0, 2]], ["-7/60", [3, 0], [0, 1]], ["7/9", [3, 0], [0, 2]], ["-7/18", [2, 1], [0, 2]], ["-49/324", [4, 0], [0, 2]], ["-1/100", [2, 0], null], ["-1/100", [0, 2], null]], "inequalities": [], "products": [], "equalities": []}], "objective": null, "bases": [{"squares": [[[1, 0], [0, 1]]], "cofactors": []}, {"squares": [[[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]], "cofactors": []}], "functionals": [[["49/324", [0, 2]]], [["1", [4, 0]]]]}`,
      ],
    },
    {
      title: "A pendulum with friction is stable",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "lyapunov", "variables": ["s", "c", "w"], "system": {"time": "continuous", "states": ["s", "c", "w"], "modes": [[[["1", [0, 1, 1]]], [["-1", [1, 0, 1]]], [["-1", [1, 0, 0]], ["-1", [0, 0, 1]]]]], "denominators": [[["1", [0, 0, 0]]]], "uncertain": {"inequalities": [], "products": [], "equalities": [], "member": null}, "ideal": [[["1", [2, 0, 0]], ["1", [0, 2, 0]], ["-1", [0, 0, 0]]]], "tangency": [[[]]]}, "V": [["1/2", [0, 0, 2]], ["-1", [0, 1, 0]], ["1", [0, 0, 0]]], "positive": [["1/4", 0, 2], ["1/4", 1, 2], ["1/4", 2, 2]], "decrease": [["1", 2, 2]], "equilibrium": ["0", "1", "0"], "rate": null, "domain": null, "identities": {"positive": [{"blocks": [{"multiplier": -1, "basis": [[0, 0, 1]], "denominator": "4", "gram": [[0, 0, "1"]]}, {"multiplier": -1, "basis": [[1, 0, 0]], "denominator": "4", "gram": [[0, 0, "1"]]}, {"multiplier": -1, "basis": [[0, 1, 0], [0, 0, 0]], "denominator": "4", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}], "cofactors": [[["-1/2", [0, 0, 0]]]]}], "decrease": [{"blocks": [], "cofactors": [[]]}], "denominators": []}, "denominator_bounds": []}`,
      ],
    },
    {
      title: "A region of attraction",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "region_of_attraction", "variables": ["x"], "system": {"time": "continuous", "states": ["x"], "modes": [[[["1", [3]], ["-1", [1]]]]], "denominators": [[["1", [0]]]], "uncertain": {"inequalities": [], "products": [], "equalities": [], "member": null}, "ideal": [], "tangency": [[]]}, "V": [["1", [2]]], "positive": [["1", 0, 2]], "decrease": [["1", 0, 2]], "equilibrium": ["0"], "rate": null, "open": false, "shape": [["4", [2]]], "shape_level": "1", "level": "1/2", "identities": {"positive": [{"blocks": [], "cofactors": []}], "decrease": [{"blocks": [{"multiplier": 0, "basis": [[1]], "denominator": "1", "gram": [[0, 0, "2"]]}], "cofactors": []}], "denominators": [], "inclusion": [{"blocks": [{"multiplier": -1, "basis": [[0]], "denominator": "4", "gram": [[0, 0, "1"]]}, {"multiplier": 0, "basis": [[0]], "denominator": "4", "gram": [[0, 0, "1"]]}], "cofactors": []}]}, "denominator_bounds": []}`,
      ],
    },
    {
      title: "A barrier between two sets",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "barrier", "variables": ["x", "d"], "system": {"time": "continuous", "states": ["x"], "modes": [[[["-1", [1, 0]], ["1", [0, 1]]]]], "denominators": [[["1", [0, 0]]]], "uncertain": {"inequalities": [[["-1", [0, 2]], ["1/4", [0, 0]]]], "products": [[0]], "equalities": [], "member": ["0"]}, "ideal": [], "tangency": [[]]}, "B": [["1", [2, 0]], ["-1", [0, 0]]], "initial": {"inequalities": [[["-1", [2, 0]], ["1/4", [0, 0]]]], "products": [[0]], "equalities": []}, "unsafe": [{"inequalities": [[["1", [1, 0]], ["-2", [0, 0]]]], "products": [[0]], "equalities": []}, {"inequalities": [[["-1", [1, 0]], ["-2", [0, 0]]]], "products": [[0]], "equalities": []}], "domain": null, "epsilon": "1", "rate": [["-1", [0, 0]]], "members": [["1/2"], ["2"], ["-2"]], "identities": {"initial": [{"blocks": [{"multiplier": -1, "basis": [[0, 0]], "denominator": "4", "gram": [[0, 0, "3"]]}, {"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "unsafe": [{"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-2"], [1, 1, "4"]]}, {"multiplier": -1, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "2"]]}, {"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "4"]]}], "cofactors": []}, {"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "2"], [1, 1, "4"]]}, {"multiplier": -1, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "2"]]}, {"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "4"]]}], "cofactors": []}], "decrease": [{"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"multiplier": -1, "basis": [[0, 0]], "denominator": "4", "gram": [[0, 0, "3"]]}, {"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "denominators": []}, "denominator_bounds": []}`,
      ],
    },
    {
      title: "A target is reached in time",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "reach_avoid", "variables": ["x", "d"], "system": {"time": "continuous", "states": ["x"], "modes": [[[["1", [0, 1]], ["-1", [0, 0]]]]], "denominators": [[["1", [0, 0]]]], "uncertain": {"inequalities": [[["-1", [0, 2]], ["1/4", [0, 0]]]], "products": [[0]], "equalities": [], "member": ["0"]}, "ideal": [], "tangency": [[]]}, "V": [["1", [1, 0]], ["-5/2", [0, 0]]], "initial": {"inequalities": [[["-1", [2, 0]], ["3", [1, 0]], ["-2", [0, 0]]]], "products": [[0]], "equalities": []}, "target": {"inequalities": [[["-1", [1, 0]]]], "products": [[0]], "equalities": []}, "unsafe": [{"inequalities": [[["1", [1, 0]], ["-11/4", [0, 0]]]], "products": [[0]], "equalities": []}], "domain": {"inequalities": [[["-1", [2, 0]], ["2", [1, 0]], ["3", [0, 0]]]], "products": [[0]], "equalities": []}, "epsilon": "1/4", "speed": "1/2", "lower": "-5/2", "radius_squared": "10", "members": [["1"], ["3"]], "identities": {"inside": [{"blocks": [{"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "2"]]}, {"multiplier": -1, "basis": [[1, 0], [0, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-2"], [1, 1, "4"]]}, {"multiplier": -1, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "3"]]}], "cofactors": []}], "initial": [{"blocks": [{"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}, {"multiplier": -1, "basis": [[1, 0], [0, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-2"], [1, 1, "4"]]}, {"multiplier": -1, "basis": [[0, 0]], "denominator": "2", "gram": [[0, 0, "1"]]}], "cofactors": []}], "unsafe": [{"blocks": [{"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "edge": [{"blocks": [{"multiplier": 1, "basis": [[1, 0], [0, 0]], "denominator": "64", "gram": [[0, 0, "15"], [0, 1, "-45"], [1, 1, "135"]]}, {"multiplier": 1, "basis": [[1, 0], [0, 0]], "denominator": "192", "gram": [[0, 0, "1"], [0, 1, "1"], [1, 1, "1"]]}], "cofactors": [[["23/96", [1, 0]], ["-11/12", [0, 0]]]]}], "decrease": [{"blocks": [{"multiplier": -1, "basis": [[0, 1], [0, 0]], "denominator": "4", "gram": [[0, 0, "4"], [0, 1, "-2"], [1, 1, "1"]]}, {"multiplier": 3, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "lower": [{"blocks": [{"multiplier": 2, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "bounded": [{"blocks": [{"multiplier": 0, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "2"]]}, {"multiplier": -1, "basis": [[1, 0], [0, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-2"], [1, 1, "4"]]}], "cofactors": []}], "denominators": []}, "denominator_bounds": []}`,
      ],
    },
    {
      title: "A controller keeps a plant safe",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "state_feedback", "variables": ["x"], "inputs": ["u"], "plant": [{"numerators": [[["1", [1, 0]], ["1", [0, 1]]]], "denominator": [["1", [0, 0]]]}], "controller": [[["-2", [1]]]], "closed_loop": {"format": "nsos-certificate/1", "kind": "region_of_attraction", "variables": ["x"], "system": {"time": "continuous", "states": ["x"], "modes": [[[["-1", [1]]]]], "denominators": [[["1", [0]]]], "uncertain": {"inequalities": [], "products": [], "equalities": [], "member": null}, "ideal": [], "tangency": [[]]}, "V": [["1", [2]]], "positive": [["1", 0, 2]], "decrease": [["1", 0, 2]], "equilibrium": ["0"], "rate": null, "open": false, "shape": null, "shape_level": null, "level": "1", "identities": {"positive": [{"blocks": [], "cofactors": []}], "decrease": [{"blocks": [{"multiplier": -1, "basis": [[1]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "denominators": [], "inclusion": []}, "denominator_bounds": []}, "input_set": {"inequalities": [[["-1", [0, 2]], ["4", [0, 0]]]], "products": [[0]], "equalities": []}, "identities": {"inputs": [{"blocks": [{"multiplier": 0, "basis": [[0]], "denominator": "1", "gram": [[0, 0, "4"]]}], "cofactors": []}]}}`,
      ],
    },
    {
      title: "The gain of a system",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "dissipation", "variables": ["x", "u"], "system": {"time": "continuous", "states": ["x"], "modes": [[[["-1", [1, 0]], ["1", [0, 1]]]]], "denominators": [[["1", [0, 0]]]], "uncertain": {"inequalities": [], "products": [], "equalities": [], "member": null}, "ideal": [], "tangency": [[]]}, "inputs": ["u"], "equilibrium": ["0"], "V": [["1", [2, 0]]], "supply": null, "outputs": [[["1", [1, 0]]]], "gain_squared": "1", "domain": null, "identities": {"positive": [{"blocks": [{"multiplier": -1, "basis": [[1, 0]], "denominator": "1", "gram": [[0, 0, "1"]]}], "cofactors": []}], "dissipation": [{"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}], "cofactors": []}], "denominators": []}, "denominator_bounds": []}`,
      ],
    },
    {
      title: "A joint spectral radius",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "joint_spectral_radius", "variables": ["x", "y"], "matrices": [[["1/2", "1"], ["0", "1/2"]], [["0", "-1"], ["1/4", "0"]]], "bound": "1", "V": [["1", [2, 0]], ["4", [0, 2]]], "positive": "1", "identities": {"positive": [{"blocks": [{"multiplier": -1, "basis": [[0, 1]], "denominator": "1", "gram": [[0, 0, "3"]]}], "cofactors": []}], "decrease": [{"blocks": [{"multiplier": -1, "basis": [[1, 0], [0, 1]], "denominator": "2", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"multiplier": -1, "basis": [[1, 0]], "denominator": "4", "gram": [[0, 0, "1"]]}, {"multiplier": -1, "basis": [[0, 1]], "denominator": "2", "gram": [[0, 0, "3"]]}], "cofactors": []}, {"blocks": [{"multiplier": -1, "basis": [[1, 0]], "denominator": "4", "gram": [[0, 0, "3"]]}, {"multiplier": -1, "basis": [[0, 1]], "denominator": "1", "gram": [[0, 0, "3"]]}], "cofactors": []}]}}`,
      ],
    },
    {
      title: "A false proof: one digit was changed",
      lines: [
        String.raw`{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x", "y"], "polynomial": [["4", [4, 0]], ["13", [2, 2]], ["9", [0, 4]], ["1", [0, 0]]], "blocks": [{"basis": [[2, 0], [0, 2]], "denominator": "2", "gram": [[0, 0, "8"], [0, 1, "12"], [1, 1, "18"]]}, {"basis": [[0, 0]], "denominator": "3", "gram": [[0, 0, "3"]]}]}`,
      ],
    },
    {
      title: "A results file with four lines",
      lines: [
        String.raw`{"id": "quartic", "status": "SOS", "over": "Q", "certificate": {"format": "nsos-certificate/1", "kind": "sos", "variables": ["x", "y"], "polynomial": [["4", [4, 0]], ["12", [2, 2]], ["9", [0, 4]], ["1", [0, 0]]], "blocks": [{"basis": [[2, 0], [0, 2]], "denominator": "2", "gram": [[0, 0, "8"], [0, 1, "12"], [1, 1, "18"]]}, {"basis": [[0, 0]], "denominator": "3", "gram": [[0, 0, "3"]]}]}}`,
        String.raw`{"id": "motzkin", "status": "NONNEGATIVE", "certificate": {"format": "nsos-certificate/1", "kind": "nonneg", "variables": ["x", "y"], "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]], "sos_multiplier": {"blocks": [{"basis": [[1, 0], [0, 1]], "denominator": "1", "gram": [[0, 0, "1"], [1, 1, "1"]]}]}, "product": {"blocks": [{"basis": [[1, 0], [1, 2], [3, 0]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"basis": [[0, 1], [2, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}, {"basis": [[3, 1], [1, 3], [1, 1]], "denominator": "1", "gram": [[0, 0, "1"], [0, 1, "1"], [0, 2, "-2"], [1, 1, "1"], [1, 2, "-2"], [2, 2, "4"]]}]}}}`,
        String.raw`{"id": "wrong claim", "status": "SOS", "certificate": {"format": "nsos-certificate/1", "kind": "not_sos", "variables": ["x", "y"], "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]], "basis": [[0, 0], [1, 1], [2, 1], [1, 2]], "functional": [["1", [0, 0]], ["1/2", [1, 1]], ["1", [2, 2]], ["1/2", [4, 2]], ["1/2", [2, 4]], ["-1/3", [3, 3]]], "halfspaces": [["1", "-2"], ["-2", "1"], ["1", "1"]]}}`,
        String.raw`{"id": "open", "status": "UNDECIDED", "certificate": null, "error": "no proof was found in 60 s"}`,
      ],
    },
  ];

  return { EXAMPLES: EXAMPLES.map(({ title, lines }) => ({ title, text: lines.join("\n") })) };
});
