# Stored results of R's glmnet: run `Rscript make_fixtures.R` in this folder (Debian: r-cran-glmnet, r-cran-survival, r-cran-jsonlite, r-cran-statmod, r-cran-mass).
# All data are rounded to 3 decimals, so that the JSON holds exactly what glmnet saw. See README.md for the layout.
library(glmnet)
library(survival)
library(jsonlite)
glmnet.control(fdev = 0, devmax = 0.9999999, eps = 1e-10, mnlam = 1, epsnr = 1e-13, mxitnr = 200)

save_case <- function(name, x) write_json(x, paste0(name, ".json"), digits = I(16), auto_unbox = TRUE, null = "null")
rounded <- function(v, k = 3) round(v, k)
options_for <- function() list(thresh = 1e-14, maxit = 1e8)

# coefficients of a fit as plain lists; a0 is absent for Cox
result <- function(fit) list(
  lambda = as.numeric(fit$lambda),
  intercept = if (is.null(fit$a0)) NULL else as.numeric(fit$a0),
  coefs = signif(unname(t(as.matrix(fit$beta))), 11),       # one row per lambda
  dev_ratio = as.numeric(fit$dev.ratio), null_deviance = fit$nulldev
)

design <- function(n, p, seed) {
  set.seed(seed)
  X <- matrix(rnorm(n * p), n, p)
  X <- 0.6 * X + 0.8 * X[, c(p, 1:(p - 1))]                  # neighbours are correlated
  rounded(sweep(X, 2, rep(c(1, 0.3, 4), length.out = p), "*") + rep(c(0, 2, -1), length.out = p)[col(X)])
}

fractions <- c(0.8, 0.3, 0.1, 0.02)                          # of the largest lambda

run <- function(name, X, y, family, args = list(), alphas = c(1, 0.5, 0), store = list(), largest = NULL) {
  fits <- list()
  for (a in alphas) {
    base <- c(list(x = X, y = y, family = family, alpha = a), args)
    found <- do.call(glmnet, c(base, list(nlambda = 3, lambda.min.ratio = 0.5)))$lambda
    top <- if (found[1] > 1e30) largest / max(a, 1e-3) else found[1]  # glmnet 4.1 may leave its sentinel 9.9e35
    if (a == 0) top <- top / 100                             # glmnet starts ridge at alpha = 0.001
    fit <- do.call(glmnet, c(base, list(lambda = top * fractions), options_for()))
    stopifnot(fit$jerr == 0, length(fit$lambda) == length(fractions))
    fits[[length(fits) + 1]] <- c(list(alpha = a), result(fit))
  }
  for (k in intersect(names(args), c("penalty.factor", "lower.limits", "upper.limits"))) {
    infinite <- is.infinite(args[[k]])                       # JSON has no Inf: 1e300 in its place
    args[[k]][infinite] <- sign(args[[k]][infinite]) * 1e300
  }
  sparse <- inherits(X, "sparseMatrix")
  save_case(name, c(list(glmnet = as.character(packageVersion("glmnet")), sparse = sparse, X = as.matrix(X),
                         arguments = args, fits = fits), store))
}

# ---- 1. gaussian ---------------------------------------------------------------------------------------------------
n <- 40; p <- 25
X <- design(n, p, 1)
beta <- c(2, -3, 0.5, 0, 1.5, rep(0, p - 5))
y <- rounded(as.numeric(X %*% beta) + rnorm(n) + 5)
w <- rounded(runif(n, 0.2, 3)); o <- rounded(rnorm(n, sd = 2))
pf <- rep(c(1, 0.5, 2, 1, 0), length.out = p); pf[c(7, 20)] <- Inf
lower <- rep(c(-0.2, -Inf, 0), length.out = p); upper <- rep(c(Inf, 0.4, 1), length.out = p)
gaussian_case <- function(name, ..., X. = X) run(paste0("gaussian_", name), X., y, "gaussian", list(...), store = list(y = y))
gaussian_case("plain")
gaussian_case("raw", standardize = FALSE)
gaussian_case("weights_offset", weights = w, offset = o)
gaussian_case("factors", penalty.factor = pf)
gaussian_case("limits", lower.limits = lower, upper.limits = upper)
gaussian_case("no_intercept", intercept = FALSE)
gaussian_case("all", weights = w, offset = o, penalty.factor = pf, lower.limits = lower, upper.limits = upper)
gaussian_case("no_intercept_weights", intercept = FALSE, weights = w, standardize = FALSE)
XS <- X * (abs(X) > 1.5); XS <- Matrix::Matrix(XS, sparse = TRUE)
gaussian_case("sparse", X. = XS, weights = w)
gaussian_case("sparse_no_intercept", X. = XS, intercept = FALSE, standardize = FALSE)
XW <- design(15, 40, 2)                                       # more columns than rows
yw <- rounded(as.numeric(XW[, 1:4] %*% c(1, -1, 2, 0.5)) + rnorm(15))
run("gaussian_wide", XW, yw, "gaussian", store = list(y = yw))

# ---- 2. other families ---------------------------------------------------------------------------------------------
n <- 50; p <- 20
X <- design(n, p, 3)
eta <- as.numeric(0.5 * X[, 1] - 1.2 * X[, 2] + 0.1 * X[, 3])
w <- rounded(runif(n, 0.2, 3)); o <- rounded(rnorm(n, sd = 0.5))
yb <- rbinom(n, 1, plogis(eta))
run("binomial", X, yb, "binomial", store = list(y = yb))
null <- suppressWarnings(glm(yb ~ 1, binomial, weights = w, offset = o))
v <- w / sum(w); centred <- sweep(X, 2, colSums(v * X)); scaled <- sweep(centred, 2, sqrt(colSums(v * centred^2)), "/")
run("binomial_weights_offset", X, yb, "binomial", list(weights = w, offset = o), store = list(y = yb),
    largest = max(abs(colSums(v * (yb - fitted(null)) * scaled))))
trials <- sample(1:6, n, replace = TRUE); success <- rbinom(n, trials, plogis(eta))
run("binomial_counts", X, cbind(trials - success, success), "binomial", store = list(success = success, trials = trials))
XS <- Matrix::Matrix(X * (abs(X) > 1.5), sparse = TRUE)
run("binomial_sparse", XS, yb, "binomial", store = list(y = yb))
yp <- rpois(n, exp(0.3 * eta + o))
run("poisson_offset", X, yp, "poisson", list(offset = o), store = list(y = yp))
run("poisson_weights", X, yp, "poisson", list(weights = w), store = list(y = yp))
yc <- rounded(matrix(rnorm(n * 3), n, 3) + X[, 1:3])
ym <- sample(1:3, n, replace = TRUE, prob = c(2, 1, 1)); ym[eta > 0.8] <- 3

# family objects: IRLS in R, Newton to epsnr
yg <- rounded(rgamma(n, shape = 2, scale = exp(0.2 * eta) / 2)) + 0.001
run("gamma_log", X, yg, Gamma(link = "log"), list(weights = w), alphas = c(1, 0.5), store = list(y = yg))
run("inverse_gaussian_log", X, yg, inverse.gaussian(link = "log"), alphas = 1, store = list(y = yg))
run("binomial_probit", X, yb, binomial(link = "probit"), alphas = c(1, 0.5), store = list(y = yb))
run("binomial_cloglog", X, yb, binomial(link = "cloglog"), alphas = 1, store = list(y = yb))
run("quasipoisson", X, yp, quasipoisson(), list(offset = o), alphas = 0.5, store = list(y = yp))

# Cox: Breslow ties (glmnet's only choice), strata, (start, stop] intervals, weights
time <- ceiling(20 * rexp(n, exp(0.4 * eta))) / 4 + 0.25; event <- rbinom(n, 1, 0.7)
start <- round(time * runif(n, 0, 0.8) * 4) / 4; start[start >= time] <- 0
stratum <- rep(1:3, length.out = n)
cox <- function(name, y, args = list(), store = list())
  run(paste0("cox_", name), X, y, "cox", args, alphas = c(1, 0.5), store = c(list(time = time, event = event), store))
cox("ties", Surv(time, event))
cox("weights_offset", Surv(time, event), list(weights = w, offset = o))
cox("strata", stratifySurv(Surv(time, event), stratum), store = list(strata = stratum))
cox("start_stop", Surv(start, time, event), store = list(start = start))
cox("start_stop_strata", stratifySurv(Surv(start, time, event), stratum), list(weights = w),
    store = list(start = start, strata = stratum))

# several responses: one coefficient matrix per response
several <- function(name, y, family, args = list(), store) {
  fits <- list()
  for (a in c(1, 0.5)) {
    base <- c(list(x = X, y = y, family = family, alpha = a), args)
    top <- max(do.call(glmnet, c(base, list(nlambda = 3, lambda.min.ratio = 0.5)))$lambda)
    fit <- do.call(glmnet, c(base, list(lambda = top * fractions), options_for()))
    fits[[length(fits) + 1]] <- list(alpha = a, lambda = as.numeric(fit$lambda), intercept = unname(t(as.matrix(fit$a0))),
      coefs = lapply(unname(fit$beta), function(b) signif(unname(t(as.matrix(b))), 11)),
      dev_ratio = as.numeric(fit$dev.ratio), null_deviance = fit$nulldev)
  }
  save_case(name, c(list(glmnet = as.character(packageVersion("glmnet")), sparse = FALSE, X = X, arguments = args, fits = fits), store))
}
several("multinomial", ym, "multinomial", store = list(y = ym))
several("multinomial_grouped", ym, "multinomial", list(type.multinomial = "grouped"), store = list(y = ym))
several("mgaussian", yc, "mgaussian", store = list(y = yc))

# ---- 3. family objects from statmod and MASS, and proportions with weights; a design of their own -----------------
# (Debian: r-cran-statmod, r-cran-mass)
n <- 60; p <- 12
X <- design(n, p, 21)
eta <- as.numeric(0.3 * X[, 1] - 1.0 * X[, 2] + 0.1 * X[, 3])
w <- rounded(runif(n, 0.2, 3)); o <- rounded(rnorm(n, sd = 0.4))
yt <- rounded(rgamma(n, shape = 2, scale = exp(0.4 * eta) / 2)) * rbinom(n, 1, 0.7)
run("tweedie_log", X, yt, statmod::tweedie(var.power = 1.5, link.power = 0), list(weights = w, offset = o),
    alphas = c(1, 0.5), store = list(y = yt))
run("tweedie_steep_log", X, yt, statmod::tweedie(var.power = 1.2, link.power = 0), alphas = 1, store = list(y = yt))
yn <- rnbinom(n, size = 2, mu = exp(0.4 * eta + o))
run("negative_binomial_log", X, yn, MASS::negative.binomial(theta = 2, link = "log"), list(offset = o),
    alphas = c(1, 0.5), store = list(y = yn))
run("negative_binomial_weights_log", X, yn, MASS::negative.binomial(theta = 0.7, link = "log"), list(weights = w),
    alphas = 1, store = list(y = yn))
trials <- sample(2:9, n, replace = TRUE); proportion <- rbinom(n, trials, plogis(eta)) / trials
run("binomial_proportions", X, proportion, binomial(), list(weights = trials, offset = o), alphas = c(1, 0.5),
    store = list(y = proportion))
