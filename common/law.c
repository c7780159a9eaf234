/* The law behind the rules, by the rules' ids: which article, and the date from which it holds. */
#include "common/refusal.h"

#include "common/check.h"

#define ORDER_102_ZH(article) "财政部令第102号 " article
#define ORDER_102_EN(article) "Ministry of Finance Order 102, " article
#define CGF_ZH(article)       "政府采购法 " article
#define CGF_EN(article)       "Government Procurement Law, " article
#define CGT_ZH(article)       "政府采购法实施条例 " article
#define CGT_EN(article)       "Regulation on the Implementation of the Government Procurement Law, " article
#define YSF_ZH(article)       "预算法 " article
#define YSF_EN(article)       "Budget Law, " article
#define YST_ZH(article)       "预算法实施条例 " article
#define YST_EN(article)       "Regulation on the Implementation of the Budget Law, " article
#define YH87_ZH(article)      "财预〔2017〕87号 " article
#define YH87_EN(article)      "Cai Yu [2017] 87, " article
#define SJF_ZH(article)       "审计法 " article
#define SJF_EN(article)       "Audit Law, " article
#define SJT_ZH(article)       "审计法实施条例 " article
#define SJT_EN(article)       "Regulation on the Implementation of the Audit Law, " article

#define FROM_102  "2020-03-01"
#define FROM_CGF  "2003-01-01"
#define FROM_CGT  "2015-03-01"
#define FROM_YSF  "2015-01-01"
#define FROM_YST  "2020-10-01"
#define FROM_YH87 "2017-05-28"
#define FROM_SJF  "2022-01-01"
#define FROM_SJT  "2010-05-01"

/* clang-format off */
const struct law laws[] = {
    /* time */
    {"T1",  "民法典 第二百零一条至第二百零三条", "Civil Code, Art. 201–203", "2021-01-01"},
    {"T3",  SJT_ZH("第五十六条"), SJT_EN("Art. 56"), FROM_SJT},
    {"T4",  "全国年节及纪念日放假办法 第二条", "Measures on National Holidays, Art. 2", "2025-01-01"},

    /* purchaser, provider */
    {"P1",  ORDER_102_ZH("第二条"), ORDER_102_EN("Art. 2"), FROM_102},
    {"P2",  ORDER_102_ZH("第三条"), ORDER_102_EN("Art. 3"), FROM_102},
    {"P3",  ORDER_102_ZH("第五条、第三十三条"), ORDER_102_EN("Art. 5 and 33"), FROM_102},
    {"P4",  ORDER_102_ZH("第八条"), ORDER_102_EN("Art. 8"), FROM_102},
    {"P5",  ORDER_102_ZH("第六条"), ORDER_102_EN("Art. 6"), FROM_102},
    {"P6",  ORDER_102_ZH("第十八条"), ORDER_102_EN("Art. 18"), FROM_102},
    {"P7",  CGF_ZH("第二十二条"), CGF_EN("Art. 22"), FROM_CGF},
    {"P8",  CGT_ZH("第十九条"), CGT_EN("Art. 19"), FROM_CGT},
    {"P9",  CGT_ZH("第十八条"), CGT_EN("Art. 18"), FROM_CGT},
    {"P10", "财综〔2014〕96号 第四条至第六条", "Cai Zong [2014] 96, Art. 4–6", "2015-01-01"},
    {"P11", "社会团体登记管理条例 第六条", "Regulation on the Registration of Social Organisations, Art. 6", "1998-10-25"},

    /* content, negative list, catalogue */
    {"C1",  ORDER_102_ZH("第九条"), ORDER_102_EN("Art. 9"), FROM_102},
    {"C2",  ORDER_102_ZH("第十条"), ORDER_102_EN("Art. 10"), FROM_102},
    {"C3",  YH87_ZH("第二条"), YH87_EN("Part 2"), FROM_YH87},
    {"C5",  ORDER_102_ZH("第十一条、第十四条"), ORDER_102_EN("Art. 11 and 14"), FROM_102},
    {"C6",  ORDER_102_ZH("第十二条"), ORDER_102_EN("Art. 12"), FROM_102},
    {"C7",  ORDER_102_ZH("第十三条"), ORDER_102_EN("Art. 13"), FROM_102},
    {"C8",  YH87_ZH("第二条"), YH87_EN("Part 2"), FROM_YH87},
    {"C9",  "财综〔2014〕96号 第十四条", "Cai Zong [2014] 96, Art. 14", "2015-01-01"},
    {"S16", YH87_ZH("第二条"), YH87_EN("Part 2"), FROM_YH87},

    /* budget */
    {"B1",  YH87_ZH("第三条"), YH87_EN("Part 3"), FROM_YH87},
    {"B2",  YSF_ZH("第十三条"), YSF_EN("Art. 13"), FROM_YSF},
    {"B3",  ORDER_102_ZH("第十六条"), ORDER_102_EN("Art. 16"), FROM_102},
    {"B4",  YH87_ZH("第三条"), YH87_EN("Part 3"), FROM_YH87},
    {"B5",  "财综〔2014〕96号 第二十七条至第二十九条", "Cai Zong [2014] 96, Art. 27–29", "2015-01-01"},
    {"B6",  CGF_ZH("第三十三条"), CGF_EN("Art. 33"), FROM_CGF},
    {"B7",  YSF_ZH("第三十二条、第四十六条"), YSF_EN("Art. 32 and 46"), FROM_YSF},
    {"B8",  YST_ZH("第四十一条"), YST_EN("Art. 41"), FROM_YST},
    {"B9",  YSF_ZH("第三十二条"), YSF_EN("Art. 32"), FROM_YSF},
    {"B10", YST_ZH("第五十七条"), YST_EN("Art. 57"), FROM_YST},
    {"B11", YSF_ZH("第四十二条"), YSF_EN("Art. 42"), FROM_YSF},
    {"B12", YH87_ZH("第五条"), YH87_EN("Part 5"), FROM_YH87},
    {"B13", YSF_ZH("第十八条"), YSF_EN("Art. 18"), FROM_YSF},
    {"B14", YSF_ZH("第五十四条"), YSF_EN("Art. 54"), FROM_YSF},
    {"B15", CGT_ZH("第二条"), CGT_EN("Art. 2"), FROM_CGT},
    {"S19", ORDER_102_ZH("第十六条"), ORDER_102_EN("Art. 16"), FROM_102},
    {"S40", ORDER_102_ZH("第十条"), ORDER_102_EN("Art. 10"), FROM_102},
    {"U1",  YST_ZH("第二十六条"), YST_EN("Art. 26"), FROM_YST},
    {"CGF32", CGF_ZH("第三十二条"), CGF_EN("Art. 32"), FROM_CGF},
    {"D02", YSF_ZH("第五十二条"), YSF_EN("Art. 52"), FROM_YSF},

    /* hits of the screening */
    {"K1",  ORDER_102_ZH("第十六条"), ORDER_102_EN("Art. 16"), FROM_102},
    {"K2",  ORDER_102_ZH("第十六条"), ORDER_102_EN("Art. 16"), FROM_102},
    {"K3",  ORDER_102_ZH("第十六条"), ORDER_102_EN("Art. 16"), FROM_102},
    {"K4",  YH87_ZH("第三条"), YH87_EN("Part 3"), FROM_YH87},
    {"K5",  ORDER_102_ZH("第十条"), ORDER_102_EN("Art. 10"), FROM_102},
    {"K6",  ORDER_102_ZH("第十条、第十八条"), ORDER_102_EN("Art. 10 and 18"), FROM_102},
    {"K7",  ORDER_102_ZH("第五条、第八条"), ORDER_102_EN("Art. 5 and 8"), FROM_102},
    {"K8",  CGT_ZH("第二十八条"), CGT_EN("Art. 28"), FROM_CGT},

    /* procurement */
    {"M4",  CGT_ZH("第二十九条"), CGT_EN("Art. 29"), FROM_CGT},
    {"M6",  CGF_ZH("第二十七条"), CGF_EN("Art. 27"), FROM_CGF},
    {"M7",  CGF_ZH("第二十八条"), CGF_EN("Art. 28"), FROM_CGF},
    {"M15", CGF_ZH("第四十二条"), CGF_EN("Art. 42"), FROM_CGF},

    /* contract */
    {"H1",  CGF_ZH("第四十四条"), CGF_EN("Art. 44"), FROM_CGF},
    {"H2",  ORDER_102_ZH("第二十三条"), ORDER_102_EN("Art. 23"), FROM_102},
    {"H3",  CGF_ZH("第四十六条"), CGF_EN("Art. 46"), FROM_CGF},
    {"H4",  CGT_ZH("第五十条"), CGT_EN("Art. 50"), FROM_CGT},
    {"H5",  CGF_ZH("第四十七条"), CGF_EN("Art. 47"), FROM_CGF},
    {"H6",  ORDER_102_ZH("第二十四条"), ORDER_102_EN("Art. 24"), FROM_102},
    {"H7",  "发改社会〔2012〕2605号", "Fa Gai She Hui [2012] 2605", "2012-08-24"},
    {"H8",  CGF_ZH("第六条"), CGF_EN("Art. 6"), FROM_CGF},
    {"H9",  CGF_ZH("第四十九条"), CGF_EN("Art. 49"), FROM_CGF},
    {"H10", CGF_ZH("第五十条"), CGF_EN("Art. 50"), FROM_CGF},
    {"H11", ORDER_102_ZH("第二十六条"), ORDER_102_EN("Art. 26"), FROM_102},
    {"H12", CGT_ZH("第四十八条"), CGT_EN("Art. 48"), FROM_CGT},
    {"H13", ORDER_102_ZH("第二十七条至第二十九条"), ORDER_102_EN("Art. 27–29"), FROM_102},
    {"H14", "保障中小企业款项支付条例 第十六条", "Regulation on Payments to Small and Medium Enterprises, Art. 16", "2025-06-01"},
    {"H15", "优化营商环境条例 第三十一条", "Regulation on Improving the Business Environment, Art. 31", "2020-01-01"},
    {"H16", YH87_ZH("第五条"), YH87_EN("Part 5"), FROM_YH87},

    /* acceptance, payment */
    {"A1",  CGF_ZH("第四十一条"), CGF_EN("Art. 41"), FROM_CGF},
    {"A2",  CGT_ZH("第四十五条"), CGT_EN("Art. 45"), FROM_CGT},
    {"A3",  CGF_ZH("第六十一条"), CGF_EN("Art. 61"), FROM_CGF},
    {"A5",  "保障中小企业款项支付条例 第九条", "Regulation on Payments to Small and Medium Enterprises, Art. 9", "2025-06-01"},
    {"A10", YST_ZH("第五十七条"), YST_EN("Art. 57"), FROM_YST},
    {"A11", SJF_ZH("第三十八条"), SJF_EN("Art. 38"), FROM_SJF},

    /* audit */
    {"L10", SJF_ZH("第四十三条"), SJF_EN("Art. 43"), FROM_SJF},
    {"L11", SJF_ZH("第五十二条"), SJF_EN("Art. 52"), FROM_SJF},
    {"D18", SJF_ZH("第四十二条"), SJF_EN("Art. 42"), FROM_SJF},
    {"D19", SJF_ZH("第四十四条"), SJF_EN("Art. 44"), FROM_SJF},
    {"D20", SJF_ZH("第五十二条"), SJF_EN("Art. 52"), FROM_SJF},
    {"D21", SJF_ZH("第五十三条"), SJF_EN("Art. 53"), FROM_SJF},

    /* duties, which hold for every object */
    {"G-a", "内部控制（分级授权）", "Internal control: authority by level", "2016-06-29"},
    {"G-b", "财库〔2016〕99号 内部控制（不相容岗位分离）", "Cai Ku [2016] 99: separation of incompatible duties", "2016-06-29"},
    {"G-d", "财库〔2016〕99号 内部控制（全程留痕）", "Cai Ku [2016] 99: every step leaves its reason", "2016-06-29"},
};
/* clang-format on */

const int laws_count = (int)COUNT_OF(laws);
