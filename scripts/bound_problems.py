"""Problems of the kind `constrained` of the field's collection, whose statements are worded: here as mathematics.

{id: problem}, with the keys `minimise`, `where` (>= 0), `with_zero` (= 0), `box` (a pair for each variable),
`least`: what the lower bound should be where the relaxation stays below the minimum, or what is to be proven.
"""

QUARTIC = (
    "360137561854871/1125899906842624 - 4648532753362095/1152921504606846976*x1^2"
    " - 522343598561959/576460752303423488*x1*x2 - 7354102629772791/2305843009213693952*x2^2"
    " + 5916113786527169/576460752303423488*x1^3 - 574397345683745/36028797018963968*x1^2*x2"
    " - 1432498279428087/576460752303423488*x1*x2^2 + 4968500152983215/288230376151711744*x2^3"
    " - 8454232510940359/72057594037927936*x1^4 + 8778941830946171/288230376151711744*x1^3*x2"
    " - 3420954828653527/36028797018963968*x1^2*x2^2 - 8812954633677685/144115188075855872*x1*x2^3"
    " - 4295668762430125/72057594037927936*x2^4"
)
BUTCHER_BOX = [(-1, 0), ("-1/10", "9/10"), ("-1/10", "1/2"), (-1, "-1/10"), ("-1/10", "-1/20"), ("-1/10", "-3/100")]
HEART_BOX = [
    ("-1/10", "4/10"),
    ("4/10", 1),
    ("-7/10", "-4/10"),
    ("-7/10", "4/10"),
    ("1/10", "2/10"),
    ("-1/10", "2/10"),
    ("-3/10", "11/10"),
    ("-11/10", "-3/10"),
]
PROBLEMS: dict[str, dict] = {
    "lasserre-ex5": {
        "minimise": "-x1 - x2",
        "where": ["2*x1^4 - 8*x1^3 + 8*x1^2 + 2 - x2", "4*x1^4 - 32*x1^3 + 88*x1^2 - 96*x1 + 36 - x2"],
        "box": [(0, 3), (0, 4)],
    },
    "waki-strange": {"minimise": "x1", "where": ["x1", "x1^2 - 1"], "least": 0},
    "slow-hierarchy-eps": {"minimise": "x1", "where": ["1 - x1^2", "x1 + 99/100*x1^2"]},
    "sosjl-137": {"minimise": "x1^4 - 2*x1^2 + 1", "with_zero": ["x1^3 - x1"], "least": 0},
    "sosjl-36-atoms": {
        "minimise": "x1^3 - x1^2 + 2*x1*x2 - x2^2 + x2^3",
        "where": ["x1", "x2", "x1 + x2 - 1"],
    },
    "mse-4435039": {
        "minimise": "x3",
        "with_zero": [
            "x3*(1 + 6*x1^2 + x1^4 + 6*x2^2 + 6*x1^2*x2^2 + x2^4) - 1 - 54*x1^2 - 81*x1^4 - 54*x2^2 - 486*x1^2*x2^2"
            " - 81*x2^4"
        ],
    },
    "harrison-cube-12": {
        "minimise": "2*(x1*x3 + x1*x2 + x2*x3) - (x1^2 + x2^2 + x3^2)",
        "box": [(2, 4)] * 3,
    },
    "harrison-floudas": {
        "minimise": "x2^2 - 7*x2 - 12*x1 + 17",
        "with_zero": ["x1 - x2 - 2*x1^4"],
        "box": [(0, 2), (0, 3)],
    },
    "usatst2009-9": {
        "minimise": "x1*(x2^2+x3^2)^2 + x2*(x3^2+x1^2)^2 + x3*(x1^2+x2^2)^2 - x1^3*(x2+x3)^2 - x2^3*(x3+x1)^2"
        " - x3^3*(x1+x2)^2",
        "where": ["x1", "x2", "x3"],
        "least": 0,
    },
    "flyspeck-745": {
        "minimise": "x1*x4*(-x1+x2+x3-x4+x5+x6) + x2*x5*(x1-x2+x3+x4-x5+x6) + x3*x6*(x1+x2-x3+x4+x5-x6) - x2*x3*x4"
        " - x1*x3*x5 - x1*x2*x6 - x4*x5*x6",
        "box": [(4, "63504/10000")] * 6,
        "least": 0,
    },
    "validsdp-ex8-as-encoded": {
        "minimise": QUARTIC,
        "where": ["(x1-1)*(1-x1)", "(x2-1)*(1-x2)"],
        "least": 0,
    },
    "validsdp-ex8-intended": {"minimise": QUARTIC, "box": [(-1, 1)] * 2, "least": 0},
    "box-butcher": {"minimise": "x6*x2^2 + x5*x3^2 - x1*x4^2 + x4^3 + x4^2 - 1/3*x1 + 4/3*x4", "box": BUTCHER_BOX},
    "box-caprasse": {
        "minimise": "-x1*x3^3 + 4*x2*x3^2*x4 + 4*x1*x3*x4^2 + 2*x2*x4^3 + 4*x1*x3 + 4*x3^2 - 10*x2*x4 - 10*x4^2 + 2",
        "box": [("-1/2", "1/2")] * 4,
    },
    "box-heart": {
        "minimise": "x1*x6^3 - 3*x1*x6*x7^2 + x3*x7^3 - 3*x3*x7*x6^2 + x2*x5^3 - 3*x2*x5*x8^2 + x4*x8^3 - 3*x4*x8*x5^2"
        " + 0.9563453",
        "box": HEART_BOX,
    },
    "floudas-qcqp": {
        "minimise": "-25*(x1-2)^2 - (x2-2)^2 - (x3-1)^2 - (x4-4)^2 - (x5-1)^2 - (x6-4)^2",
        "where": [
            "x1",
            "x2",
            "(x3-1)*(5-x3)",
            "x4*(6-x4)",
            "(x5-1)*(5-x5)",
            "x6*(10-x6)",
            "(x3-3)^2 + x4 - 4",
            "(x5-3)^2 + x6 - 4",
            "2 - x1 + 3*x2",
            "2 + x1 - x2",
            "x1 + x2 - 2",
            "6 - x1 - x2",
        ],
    },
    "knapsack-parity-5": {
        "minimise": "(x1+x2+x3+x4+x5-5/2)^2",
        "with_zero": ["x1^2-x1", "x2^2-x2", "x3^2-x3", "x4^2-x4", "x5^2-x5"],
    },
    "rarnop19-2-equality": {"minimise": "(x1 + 1/2)^2 + 1", "with_zero": ["1 - x1^2"], "least": 1.25},
    "rarnop19-2-inequality": {"minimise": "(x1 + 1/2)^2 + 1", "where": ["1 - x1^2"], "least": 1},
}
