# SPDX-License-Identifier: MIT
"""Golden cases of the built program: arguments, standard input, and what it must answer."""

ABC = "id,region,price,qty\n1,EU,2.5,4\n2,US,10,1\n3,EU,0.25,8\n"
TEXT = 'name,note,n\na,"x, ""y""",1\nb,,2\n"c\nd",z,3\n'

# (arguments, stdin, stdout)
CASES = [
    # Without columns it just calculates.
    (["2**0.5"], None, "1.4142135623730951\n"),
    (["1/3"], None, "0.3333333333333333\n"),
    (["7//2, 7%2"], None, "7//2,7%2\n3,1\n"),
    (["a = 2; a*3"], None, "6\n"),
    (["--", "-1 + 3"], None, "2\n"),
    (["1 < 2"], None, "true\n"),
    (["-p", "3", "2**0.5"], None, "1.41\n"),
    (["-p", "3", "1e20/3"], None, "3.33e19\n"),
    (["-e", "x = 3", "-e", "x*x"], None, "9\n"),
    (["1e16, 1e15, 0.00001, 0.000009, inf, -inf, nan"], None,
     "1e16,1e15,0.00001,0.000009,inf,-inf,nan\n1e16,1000000000000000,0.00001,9e-6,inf,-inf,nan\n"),
    # Dates.
    (["datetime64('2024-02-28') + timedelta64(36, 'h')"], None, "2024-02-29T12\n"),
    (["d = datetime64('2024-03-01') - datetime64('2024-02-01'), t = datetime64('NaT')"], None,
     "d,t\n29,NaT\n"),
    (["datetime64(qty, 'D'), timedelta64(qty, 'D')", "-", "--type", "qty=i64"], ABC,
     '"datetime64(qty, \'D\')","timedelta64(qty, \'D\')"\n1970-01-05,4\n1970-01-02,1\n1970-01-09,8\n'),
    # Reductions.
    (["sum(price*qty)", "-"], ABC, "22\n"),
    (["total = sum(qty)", "-"], ABC, "total\n13\n"),
    (["n = count(), mean(price), top = max(price)", "-"], ABC, "n,mean(price),top\n3,4.25,10\n"),
    (["sum(qty, keepdims=True)", "-"], ABC, "13\n"),
    (["d = qty - max(qty, keepdims=True)", "-"], ABC, "d\n-4\n-7\n0\n"),
    (["count()", "-"], ABC, "3\n"),
    (["count()", "-"], "a\n", "0\n"),
    (["sum(qty)", "-"], "qty\n", "0\n"),
    (["sum(`the price`)", "-"], "the price\n1\n2\n", "3\n"),
    (["sum(n)", "-"], TEXT, "6\n"),
    # A record a row.
    (["price*qty", "-"], ABC, "price*qty\n10\n10\n2\n"),
    (["region, t = price*qty", "-"], ABC, "region,t\nEU,10\nUS,10\nEU,2\n"),
    (["t = price*qty, region", "-"], ABC, "t,region\n10,EU\n10,US\n2,EU\n"),
    (["region, t = price*qty, id, *", "-"], "id,region,price,qty\n7,EU,2,3\n",
     "region,t,id,id,region,price,qty\nEU,6,7,7,EU,2,3\n"),
    (["share = qty / sum(qty)", "-"], "qty\n1\n3\n", "share\n0.25\n0.75\n"),
    (["-a", "total = sum(qty)", "-"], "qty\n1\n3\n", "qty,total\n1,4\n3,4\n"),
    (["qty*2, s = sum(qty)", "-"], "qty\n1\n3\n", "qty*2,s\n2,4\n6,4\n"),
    (["-a", "k = 7", "-"], "a\n1\n2\n", "a,k\n1,7\n2,7\n"),
    (["x = 1; y = x + a; y*2, _h = a", "-"], "a\n1\n2\n", "y*2\n4\n6\n"),
    # Kept cells pass byte for byte.
    (["*", "-"], TEXT, TEXT),
    (["-a", "m = n*2", "-"], TEXT,
     'name,note,n,m\na,"x, ""y""",1,2\nb,,2,4\n"c\nd",z,3,6\n'),
    (["-a", "n = n*2", "-"], "a,n,b\n 1 ,2,x\n0010,3,\n", "a,n,b\n 1 ,4,x\n0010,6,\n"),
    (["*", "-"], "a,b\r\n1,2\r\n", "a,b\n1,2\n"),
    (["name, n", "-D", ";", "-"], "name,n\na;b,1\nc,2\n", 'name;n\n"a;b";1\nc;2\n'),
    (["*", "-t", "tsv", "-"], 'a,b\n"1,2","x\ty"\n', 'a\tb\n1,2\t"x\ty"\n'),
    (["*, share = price*qty / sum(price*qty)", "-"], "price,qty\n1,3\n2.50,2\n",
     "price,qty,share\n1,3,0.375\n2.50,2,0.625\n"),
    # Integers out of range are errors, unless asked for; what is not used is not looked at.
    (["--type", "a=i64", "--overflow", "wrap", "t = a*a", "-"], "a\n4294967296\n", "t\n0\n"),
    (["--type", "a=i64", "--overflow=float", "t = a*a, s = sum(a)", "-"], "a\n4294967296\n",
     "t,s\n1.8446744073709552e19,4294967296\n"),
    (["--type", "a=i64", "--overflow", "wrap", "sum(a)", "-"], "a\n9223372036854775807\n1\n",
     "-9223372036854775808\n"),
    (["--type", "a=i64", "q = where(a != 0, 7 // a, -1)", "-"], "a\n2\n0\n", "q\n3\n-1\n"),
    (["--type", "a=i64", "sum(a)", "-"], "a\n9223372036854775807\n1\n-1\n",
     "9223372036854775807\n"),
    (["--type", "a=i64", "m = sum(a)*2 - count()", "-"], "a\n5\n6\n", "m\n20\n"),
    # Types by need.
    (['region == "EU"', "-"], ABC, '"region == ""EU"""\ntrue\nfalse\ntrue\n'),
    (['n = count_nonzero(region in ("EU", "APAC"))', "-"], ABC, "n\n2\n"),
    (["b = qty & 5", "-"], ABC, "b\n4\n1\n0\n"),
    (["b = (qty & 5) + price", "-"], ABC, "b\n6.5\n11\n0.25\n"),
    (["b = id & (qty | (id ^ 1))", "-"], ABC, "b\n0\n2\n2\n"),
    (["b = price > 1 and 'EU' == region", "-"], ABC, "b\ntrue\nfalse\nfalse\n"),
    (["b = (price > 1) & (region != 'EU')", "-"], ABC, "b\nfalse\ntrue\nfalse\n"),
    (["int64(n) + 1", "-"], "n\n9007199254740993\n", "int64(n) + 1\n9007199254740994\n"),
    (["--type", "n=i64", "n - 1", "-"], "n\n9007199254740993\n", "n - 1\n9007199254740992\n"),
    (["--type", "f=bool", "count_nonzero(f)", "-"], "f\ntrue\nFALSE\n1\n", "2\n"),
    (["--type", "a=u8,b=i16", "a + b", "-"], "a,b\n255,-1\n", "a + b\n254\n"),
    (["a*2", "-"], 'a\n"1.5"\n 2\n', "a*2\n3\n4\n"),
    (["x + 1", "-"], "x\nnan\n-inf\n1e3\n", "x + 1\nnan\n-inf\n1001\n"),
    # Delimiters and names.
    (["-n", "-c", "a,b", "a+b", "-"], "1,2\n3,4\n", "3\n7\n"),
    (["-c", "a,b", "a+b", "-"], "x,y\n3,4\n", "a+b\n7\n"),
    (["-n", "sum($2)", "-"], "1,2\n3,4\n", "6\n"),
    (["$1*2, $3", "-"], ",a,a\n1,2,3\n", "$1*2,a\n2,3\n"),
    (["-a", "s = $2 + $3", "-"], "x,a`,a`\n1,2,3\n", "x,a`,a`,s\n1,2,3,5\n"),
    (["b = $4 & 1, t = $2 == 'EU'", "-"], ABC, "b,t\n0,true\n1,false\n0,true\n"),
    (["-n", "$-1, $1 + 1", "-"], "1,2\n3,4\n", "2,2\n4,4\n"),
    (["-n", "-d", "space", "sum($3)", "-"], "a b  1\n  c d 2 \n", "3\n"),
    (["-d", ";", "a*b", "-"], "a;b\n2;3\n", "a*b\n6\n"),
    (["-i", "tsv", "a*b", "-"], "a\tb\n2\t3\n", "a*b\n6\n"),
    (["sum(t.a)", "t=-"], "a\n1\n2\n", "3\n"),
    # Several passes over a pipe.
    (["max(abs(x - mean(x)))", "-"], "x\n1\n2\n6\n", "3\n"),
    (["z = (x - mean(x)) / std(x)", "-"], "x\n1\n3\n", "z\n-1\n1\n"),
    # A comma, a comment and a newline inside an item.
    (["r = clip(a, # , b\n 1, 2), a", "-"], "a\n0\n5\n", "r,a\n1,0\n2,5\n"),
]

# (arguments, stdin, exit code, stderr, its lines joined)
FAILURES = [
    (["sum(price*qtty)", "-"], ABC, 2,
     "evex: program:1:11: unknown column 'qtty'; did you mean 'qty'?\n"
     "  sum(price*qtty)\n"
     "            ^~~~\n"),
    (["x +", "-"], ABC, 2, None),
    (["x = 1\ny = x + prize", "-"], ABC, 2,
     "evex: program:2:9: unknown column 'prize'; did you mean 'price'?\n"
     "  y = x + prize\n"
     "          ^~~~~\n"),
    (["x"], None, 2,
     "evex: program:1:1: unknown name 'x' (there is no input; - is stdin)\n  x\n  ^\n"),
    (["1 + 'a'"], None, 2, None),
    (["sqr(price)", "-"], ABC, 2, None),
    (["sum(a)", "-"], "a,a\n1,2\n", 2,
     "evex: program:1:5: more than one column 'a'\n  sum(a)\n      ^\n"),
    (["$5", "-"], ABC, 2, "evex: program:1:1: there are 4 columns\n  $5\n  ^~\n"),
    (["region + 1", "-"], ABC, 3, "evex: stdin:2:2: region: 'EU' is not a number\n"),
    (["(price > 1) & region", "-"], ABC, 3, "evex: stdin:2:2: region: 'EU' is not an integer\n"),
    (["price & 1.5", "-"], ABC, 2,
     "evex: program:1:7: '&' needs bool or integer operands, found float64 and float "
     "(parenthesise a comparison: '&' binds tighter than '<')\n"
     "  price & 1.5\n"
     "  ~~~~~ ^ ~~~\n"),
    (["sum(x)", "-"], "x\n1\n\n", 3,
     "evex: stdin:3:1: x: the value is missing (this version does not compute with missing "
     "values; put a number there, or leave the row out)\n"),
    (["sum(x)", "-"], "x,y\n1,1\nNA,2\n", 3,
     "evex: stdin:3:1: x: the value is missing (this version does not compute with missing "
     "values; put a number there, or leave the row out)\n"),
    (["--na", "miss", "sum(x)", "-"], "x,y\n1,1\nNA,2\n", 3,
     "evex: stdin:3:1: x: 'NA' is not a number\n"),
    (["sum(x)", "-"], "x\n9007199254740993\n", 3,
     "evex: stdin:2:1: x: float64 cannot hold 9007199254740993 exactly (--type x=i64 computes "
     "with integers)\n"),
    (["--type", "x=i8", "sum(x)", "-"], "x\n128\n", 3,
     "evex: stdin:2:1: x: 128 is beyond the range of int8\n"),
    (["--type", "x=i64", "sum(x)", "-"], "x\n1.5\n", 3,
     "evex: stdin:2:1: x: '1.5' is not an integer\n"),
    (["sum(x)", "-"], "x\n1e999\n", 3,
     "evex: stdin:2:1: x: 1e999 is beyond the range of float64\n"),
    (["sum(b)", "-"], 'a,b\n"1\n2",3\n"x\ny",z\n', 3,
     "evex: stdin:5:2: b: 'z' is not a number\n"),
    (["sum(a)", "-"], "a,b\n1,2\n3\n", 3, "evex: stdin:3: 1 field where the header has 2\n"),
    (["sum(a)", "-"], "a\n1\n\x1b[31m\n", 3, "evex: stdin:3:1: a: '\\x1b[31m' is not a number\n"),
    (["sum(a)", "-"], "", 3, "evex: stdin: is empty: no header line\n"),
    (["min(a)", "-"], "a\n", 3,
     "evex: program:1:1: min of no element has no answer\n  min(a)\n  ^~~\n"),
    (["--type", "a=i64", "a**-a", "-"], "a\n" + "0\n" * 5000 + "2\n", 3,
     "evex: program:1:2: an integer cannot be raised to a negative power, in row 5001 "
     "(cast the base: float64(...))\n"
     "  a**-a\n"
     "   ^~\n"),
    (["--type", "a=i64", "a*a", "-"], "a\n3\n4000000000\n4000000000\n", 3,
     "evex: program:1:2: integer overflow in '*', in row 2 (--overflow float, or cast with "
     "float64())\n  a*a\n   ^\n"),
    (["--type", "a=i64", "sum(a)*2", "-"], "a\n5\n4611686018427387904\n", 3,
     "evex: program:1:7: integer overflow in '*' (--overflow float, or cast with float64())\n"
     "  sum(a)*2\n        ^\n"),
    (["--type", "a=i64", "sum(a)", "-"], "a\n9223372036854775807\n1\n", 3,
     "evex: program:1:1: integer overflow in sum() (--overflow float, or cast with float64())\n"
     "  sum(a)\n  ^~~\n"),
    (["--type", "a=i64", "7//a", "-"], "a\n1\n0\n", 3,
     "evex: program:1:2: integer division by zero in '//', in row 2 (leave such elements out: "
     "where(divisor != 0, ..., 0))\n  7//a\n   ^~\n"),
    (["--type", "a=i64", "1 << a", "-"], "a\n1\n64\n", 3, None),
    (["int8(a)", "-"], "a\n1\n128\n", 3,
     "evex: program:1:1: a value is out of the range of int8, in row 2 (cast to a wider type, or "
     "limit the values with clip())\n  int8(a)\n  ^~~~\n"),
    (["--overflow", "never", "1"], None, 2, None),
    (["x = 1 #" + "x" * 65536, "-"], ABC, 2,
     "evex: program: it is longer than 65536 bytes\n"),
    (["", "-"], ABC, 2, None),
    (["*,", "-"], ABC, 2, None),
    (["_a = price", "-"], ABC, 2, "evex: program: it has no result that is written\n"),
    (["sum(a)", "no-such-file.csv"], None, 3,
     "evex: no-such-file.csv: cannot be opened: No such file or directory\n"),
    (["sum(a)", "/"], None, 3, "evex: /: is a directory\n"),
    (["sum(a)", "x.csv.gz"], None, 2,
     "evex: x.csv.gz: .gz files are not in this version (-i and -t say csv, tsv or npy whatever "
     "the file is called)\n"),
    (["-w", "a > 1", "*", "-"], ABC, 2,
     "evex: --where (keep rows where a condition is true) is not in this version\n"),
    (["-g", "a", "*", "-"], ABC, 2, "evex: --group (one record a group) is not in this version\n"),
    (["--explan", "1"], None, 2, "evex: unknown option '--explan' (did you mean '--explain'?)\n"),
    (["-Z", "1"], None, 2, None),
    (["-p", "0", "1"], None, 2,
     "evex: '0' is no value for --precision (significant digits of computed numbers, 1 to 17)\n"),
    (["-d", "ab", "1"], None, 2, None),
    (["-j", "many", "1"], None, 2, None),
    (["-o"], None, 2, "evex: --output wants an argument: FILE\n"),
    (["--all=3", "1"], None, 2, "evex: --all takes no argument\n"),
    (["--type", "nope=f64", "price", "-"], ABC, 2,
     "evex: --type: no text column in 'nope=f64'\n"),
    ([], None, 2,
     "evex: what shall be computed? (evex PROGRAM [INPUT...]; evex -h shows examples)\n"),
    (["--help", "sqrtt"], None, 2, None),
    (["-c", "a", "sum(a)", "-"], ABC, 2, "evex: -c names 1 columns, and - has 4\n"),
    (["a", "-", "-"], ABC, 2, "evex: stdin can be read as one input only\n"),
    (["-f", "no-such-program"], None, 2, None),
]
